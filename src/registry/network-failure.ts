// Failures below HTTP, made into the project's errors: which may pass when tried again, and what the user can do about
// the others.
// Invariant: no message and no cause made here carries a URL's query, where pre-signed URLs keep their secrets.
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { redactUrl } from '../core/redact.js';
import type { CutReason } from './watchdog.js';

const TRANSIENT = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ESILENT',
  'ESLOW',
]);
/** Not a code of the system. */
const SILENT = 'ESILENT';
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/;
const NOT_TLS = /EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)/;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name could not be looked up',
  ETIMEDOUT: 'no answer',
  ESILENT: 'no answer',
  EPIPE: 'the connection was closed while the body was sent',
  ESLOW: 'the answer comes slower than 1 KiB a second',
  ERR_STREAM_PREMATURE_CLOSE: 'the answer ended early',
};

function hintFor(code: string, host: string): string | undefined {
  if (CERTIFICATE.test(code)) {
    return `name the authority of ${host} with --ca-cert FILE (or NODE_EXTRA_CA_CERTS), put it into /etc/docker/certs.d/${host}/ca.crt, or list ${host} in TSBUILD_INSECURE_REGISTRIES`;
  }
  if (NOT_TLS.test(code)) return `if ${host} speaks plain http, list it in TSBUILD_INSECURE_REGISTRIES`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `check the name ${host} and this machine's network and proxy`;
  return undefined;
}

function reasonFor(error: unknown, code: string): string {
  const text = error instanceof Error ? error.message : String(error);
  // node-fetch puts the full URL before the reason.
  const reason = text.includes('reason: ')
    ? text.slice(text.lastIndexOf('reason: ') + 'reason: '.length)
    : '';
  return WORDS[code] ?? (reason || code || 'the connection failed');
}

/**
 * Whether trying the same request again may succeed: broken connections and silence, not refusals and not bad
 * certificates.
 */
export function isTransientFailure(error: unknown): boolean {
  return (
    error instanceof TsbuildError &&
    error.code === 'REGISTRY_UNREACHABLE' &&
    TRANSIENT.has(errnoOf(error.cause) ?? '')
  );
}

/** The other side accepted the connection, or swallowed it, and said nothing. */
export function isSilence(error: unknown): error is TsbuildError {
  return error instanceof TsbuildError && errnoOf(error.cause) === SILENT;
}

/** The same failure as one that is not tried again. */
export function lastSilence(error: TsbuildError, seconds: number, host: string): TsbuildError {
  return error.with({
    message: `${error.message} for ${seconds} s`,
    hint: `check that ${host} is up, and this machine's network and proxy`,
    cause: error,
  });
}

/** REGISTRY_UNREACHABLE that counts as transient. */
export function brokenTransfer(message: string): TsbuildError {
  const cause = Object.assign(new Error(message), { code: 'ECONNRESET' });
  return new TsbuildError('REGISTRY_UNREACHABLE', message, { cause });
}

const CODES = { idle: SILENT, stalled: SILENT, slow: 'ESLOW', deadline: 'EDEADLINE' };
/** Reasons that say more than their code. */
const REASON_WORDS: Partial<Record<CutReason, string>> = {
  stalled: 'the other side stopped reading the body',
  deadline: 'the answer took too long',
};

export interface FailedExchange {
  readonly method: string;
  readonly url: URL;
  readonly reason: CutReason | undefined;
}

/** ABORTED when the caller's signal cut the exchange, else REGISTRY_UNREACHABLE with the reason in words. */
export function toNetworkFailure(error: unknown, { method, url, reason }: FailedExchange): TsbuildError {
  if (error instanceof TsbuildError) return error;
  if (reason === 'aborted') return new TsbuildError('ABORTED', 'canceled');
  const code = reason === undefined ? (errnoOf(error) ?? '') : CODES[reason];
  // A document that takes too long is not asked for again: that is how an endless answer would be paid for many times.
  const words = (reason && REASON_WORDS[reason]) ?? reasonFor(error, code);
  const message = `${method} ${redactUrl(url)}: ${words}`;
  return new TsbuildError('REGISTRY_UNREACHABLE', message, {
    hint: hintFor(code, url.host),
    cause: Object.assign(new Error(words), { code }),
  });
}
