// HTTP statuses that are failures: what the registry answered in BuildKit's words, and what the user can do about it.
// Invariant: of credentials, only where they came from and the user's name are told.
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

/** Credentials as far as messages speak of them. */
export interface Login {
  /** `/home/u/.docker/config.json`, `docker-credential-pass of …` */
  readonly from?: string | undefined;
  readonly username?: string | undefined;
}

export interface FailureSubject {
  /** What was asked for: `docker.io/library/x:latest`. */
  readonly what: string;
  /** The registry's name for `tsbuild login`. */
  readonly registry: string;
  /** What was asked for; default `pull`. */
  readonly access?: 'pull' | 'push' | undefined;
  /** The credentials that were used. */
  readonly login?: Login | undefined;
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

function loginCommand(registry: string): string {
  return `"tsbuild login${registry === 'docker.io' ? '' : ` ${registry}`}"`;
}

/** `the credentials of /home/u/.docker/config.json (user u)`; undefined when it is not known where they came from. */
function nameOf(login: Login | undefined): string | undefined {
  if (login?.from === undefined) return undefined;
  return `the credentials of ${login.from}${login.username === undefined ? '' : ` (user ${clean(login.username)})`}`;
}

/** How to log in to a registry, after it has refused what it was given. */
export function loginHint(registry: string, login?: Login): string {
  const used = nameOf(login);
  const command = loginCommand(registry);
  return used === undefined
    ? `log in with ${command}, or check the name`
    : `${used} were used: log in with ${command} as another user, or check the name`;
}

function denied(
  answer: FailedAnswer,
  { what, registry, access = 'pull', login }: FailureSubject,
): TsbuildError {
  const said = parseChallenges(answer.headers.get('www-authenticate'))
    .map((challenge) => challenge.parameters.get('error') ?? '')
    .find(Boolean);
  const why = said
    ? `${clean(said)}: authorization failed`
    : serverMessage(answer.bytes) || `${answer.status} ${STATUS_CODES[answer.status] ?? ''}`;
  const used = nameOf(login);
  const isKnownPush = access === 'push' && used !== undefined;
  const isPlain = answer.status === 403 && !said && access === 'pull';
  const message = isKnownPush
    ? `push access denied to ${what}: ${used} lack push: server message: ${why}`
    : isPlain
      ? unexpectedStatus(answer)
      : `${access} access denied, repository does not exist or may require authorization: server message: ${why}`;
  return new TsbuildError('REGISTRY_UNAUTHORIZED', message, { hint: loginHint(registry, login) });
}

function notFound(answer: FailedAnswer, { what, registry, access }: FailureSubject): TsbuildError {
  if (access !== 'push') {
    const hint = `check the name and the tag at ${registry}`;
    return new TsbuildError('REGISTRY_NOT_FOUND', `${what}: not found`, { hint });
  }
  const said = serverMessage(answer.bytes);
  const message = `${what}: the repository does not exist${said ? `: ${said}` : ''}`;
  const hint = `create the repository at ${registry}, or check its name`;
  return new TsbuildError('REGISTRY_NOT_FOUND', message, { hint });
}

interface Refusal {
  readonly statuses: readonly number[];
  /** In the body; without it the status alone says it. */
  readonly says?: RegExp;
  readonly hint: (registry: string) => string;
}

/** What a registry will not take, by its status and the words of those that have no status of their own for it. */
const REFUSALS: readonly Refusal[] = [
  {
    // Harbor, Quay and GitLab say 403 or 413 DENIED, older Harbor 412.
    statuses: [400, 403, 412, 413, 507],
    says: /quota|storage limit|exceed(?:s|ed)? the configured/i,
    hint: (registry) => `delete images at ${registry}, or have its quota raised`,
  },
  {
    // ECR 400 TAG_INVALID, Quay 409, Harbor 412, Nexus 400, ACR 400 or 405.
    statuses: [400, 403, 405, 409, 412],
    says: /immutable|cannot be overwritten|already exists|not allow updating|operation is disallowed/i,
    hint: () => 'push to another tag: this one must not be changed',
  },
  {
    statuses: [413],
    hint: (registry) =>
      `${registry} or a proxy before it limits the size of a request: raise the limit, or set TSBUILD_PUSH_CHUNK=16m`,
  },
];

function refusalOf(answer: FailedAnswer): Refusal | undefined {
  const text = Buffer.from(answer.bytes).toString('utf8');
  return REFUSALS.find(
    ({ statuses, says }) => statuses.includes(answer.status) && (says === undefined || says.test(text)),
  );
}

/** Go's server at a port of TLS, and nginx. */
const WANTS_TLS = /HTTP request (?:was sent )?to (?:an )?HTTPS (?:server|port)/i;

function isPassing(status: number): boolean {
  return [408, 425, 429, 499].includes(status) || status >= 500;
}

function codeFor(status: number, access: FailureSubject['access']): ErrorCode {
  if (isPassing(status)) return 'REGISTRY_UNREACHABLE';
  return access === 'push' && status >= 400 ? 'REGISTRY_REFUSED' : 'REGISTRY_PROTOCOL';
}

function hintFor(answer: FailedAnswer, { registry, access = 'pull' }: FailureSubject): string | undefined {
  const { status, url, bytes } = answer;
  const mirror = access === 'pull' ? ', or name a mirror in TSBUILD_REGISTRY_MIRRORS' : '';
  if (status === 407) return 'the proxy wants credentials: put them into its URL in https_proxy';
  if (status === 429) return `${registry} limits how much may be ${access}ed: log in or wait${mirror}`;
  if (status >= 500) return `${registry} fails at the moment: try again${mirror}`;
  if (status !== 400 || !WANTS_TLS.test(Buffer.from(bytes).toString('utf8'))) return undefined;
  return `${new URL(url).host} speaks https, and was spoken to in plain http: correct its address`;
}

/** The error for an answer that is not the wanted one. */
export function toStatusFailure(answer: FailedAnswer, subject: FailureSubject): TsbuildError {
  const { status } = answer;
  const refusal = subject.access === 'push' ? refusalOf(answer) : undefined;
  if (refusal !== undefined) {
    const message = `${subject.what}: ${unexpectedStatus(answer)}`;
    return new TsbuildError('REGISTRY_REFUSED', message, { hint: refusal.hint(subject.registry) });
  }
  if (status === 404) return notFound(answer, subject);
  if (status === 401 || status === 403) return denied(answer, subject);
  return new TsbuildError(codeFor(status, subject.access), unexpectedStatus(answer), {
    hint: hintFor(answer, subject),
  });
}
