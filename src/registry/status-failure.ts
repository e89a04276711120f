// HTTP statuses that are failures, in BuildKit's words: what the registry answered, and what the user can do about it.
import { STATUS_CODES } from 'node:http';
import { TsbuildError, type ErrorCode } from '../core/errors.js';
import { redactUrl } from '../core/redact.js';
import { parseChallenges } from './challenge.js';

export interface FailedAnswer {
  readonly method: string;
  readonly status: number;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  /** The body, or its start. */
  readonly bytes: Uint8Array;
}

export interface FailureSubject {
  /** What was asked for: `docker.io/library/x:latest`. */
  readonly what: string;
  /** The registry's name for `docker login`. */
  readonly registry: string;
}

const MAX_MESSAGE = 300;

/** Text of a server made fit for a terminal line. */
function clean(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function messageOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const fields = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(fields['errors']))
    return fields['errors'].slice(0, 3).map(messageOf).filter(Boolean).join('; ');
  const code = textOf(fields['code']).toLowerCase();
  const message =
    ['message', 'error_description', 'details', 'error'].map((name) => textOf(fields[name])).find(Boolean) ??
    '';
  return [code, message].filter(Boolean).join(': ');
}

/** What a registry's or a token server's JSON error says, `code: message`; empty when it says nothing. */
function serverMessage(bytes: Uint8Array): string {
  try {
    return clean(messageOf(JSON.parse(Buffer.from(bytes).toString('utf8'))));
  } catch {
    // Not JSON: a proxy's page, of no use in a message.
    return '';
  }
}

/** `unexpected status from GET request to https://…: 503 Service Unavailable: message` */
export function unexpectedStatus({ method, status, url, bytes }: FailedAnswer): string {
  const reason = STATUS_CODES[status];
  const said = serverMessage(bytes);
  const line = `unexpected status from ${method} request to ${redactUrl(url)}: ${status}${reason ? ` ${reason}` : ''}`;
  return said ? `${line}: ${said}` : line;
}

/** How to log in to a registry. */
export function loginHint(registry: string): string {
  return `log in with "docker login${registry === 'docker.io' ? '' : ` ${registry}`}", or check the name`;
}

function denied(answer: FailedAnswer): string {
  const said = parseChallenges(answer.headers.get('www-authenticate'))
    .map((challenge) => challenge.parameters.get('error') ?? '')
    .find(Boolean);
  if (answer.status !== 401 && !said) return unexpectedStatus(answer);
  const why = said
    ? `${clean(said)}: authorization failed`
    : serverMessage(answer.bytes) || '401 Unauthorized';
  return `pull access denied, repository does not exist or may require authorization: server message: ${why}`;
}

function codeFor(status: number): ErrorCode {
  return status === 408 || status === 429 || status >= 500 ? 'REGISTRY_UNREACHABLE' : 'REGISTRY_PROTOCOL';
}

function hintFor(status: number, registry: string): string | undefined {
  if (status === 407) return 'the proxy wants credentials: put them into its URL in https_proxy';
  if (status === 429)
    return `${registry} limits how much may be pulled: log in, wait, or name a mirror in TSBUILD_REGISTRY_MIRRORS`;
  return status >= 500
    ? `${registry} fails at the moment: try again, or name a mirror in TSBUILD_REGISTRY_MIRRORS`
    : undefined;
}

/** The error for an answer that is not the wanted one. */
export function toStatusFailure(answer: FailedAnswer, { what, registry }: FailureSubject): TsbuildError {
  const { status } = answer;
  if (status === 404) {
    return new TsbuildError('REGISTRY_NOT_FOUND', `${what}: not found`, {
      hint: `check the name and the tag at ${registry}`,
    });
  }
  if (status === 401 || status === 403) {
    return new TsbuildError('REGISTRY_UNAUTHORIZED', denied(answer), { hint: loginHint(registry) });
  }
  return new TsbuildError(codeFor(status), unexpectedStatus(answer), { hint: hintFor(status, registry) });
}
