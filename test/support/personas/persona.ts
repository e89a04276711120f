// A registry in this process that keeps what is pushed and behaves as one of many: its rules are a row of rules.ts.
// Tests may bend single answers, and read the log of all requests.
import type { ExecutionContext } from 'ava';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { sha256 } from '../fake-registry.js';
import { answerWith, logOf, refuse, type Call, type LoggedRequest } from './call.js';
import { startGuard, type AuthRules } from './guard.js';
import { answerArtifacts, answerManifest } from './manifests.js';
import { createRepositories } from './repositories.js';
import { rulesOf, type PersonaName, type PersonaRules } from './rules.js';
import { createUploads, type Uploads } from './uploads.js';

export interface Fault {
  readonly method?: string;
  /** Of path and query. */
  readonly path: RegExp;
  /** How often it happens; default for ever. */
  readonly times?: number;
  /** The answer; without one the request is answered as ever, unless it is cut. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The part of the body, 0 to 1, after which the connection is cut. */
  readonly cutAt?: number;
  /** The body is not read, and nothing is answered. */
  readonly isStall?: boolean;
  /** Called when the request begins. */
  readonly happens?: () => void;
}

export interface Persona {
  /** `127.0.0.1:port`, the domain of references. */
  readonly host: string;
  /** All but the look whether http is spoken. */
  readonly log: readonly LoggedRequest[];
  /** Of each request for a token. */
  readonly scopes: readonly (readonly string[])[];
  /** The next requests of that kind end so. */
  fail(fault: Fault): void;
  /** The next PATCH keeps so many bytes less than it got. */
  keepShort(bytes: number): void;
  /** Names this place for each upload, instead of a session of its own. */
  redirectUploads(location: string): void;
  createRepository(name: string): void;
  putBlob(repository: string, bytes: Buffer): void;
  blob(repository: string, digest: string): Buffer | undefined;
  manifest(repository: string, reference: string): Buffer | undefined;
  /** Upload sessions that are open. */
  sessions(): number;
  forgetLog(): void;
  close(): Promise<void>;
}

export interface PersonaOptions {
  readonly auth?: AuthRules;
  readonly rules?: Partial<PersonaRules>;
  /** OCI-Chunk-Min-Length of its answers. */
  readonly minChunk?: number;
  /** Sent with each answer. */
  readonly warning?: string;
}

const PATH = /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|referrers)\/([^/]*)$/;

/** What a token must allow for a call. */
function accessFor(rules: PersonaRules, { log, url }: Call, repository: string, kind: string) {
  const isRead = log.method === 'GET' || log.method === 'HEAD';
  if (log.method === 'DELETE' && kind === 'blobs/uploads')
    return rules.deleteNeeds === 'nothing' ? {} : { [repository]: [rules.deleteNeeds] };
  const own = { [repository]: isRead ? ['pull'] : ['pull', 'push'] };
  const from = url.searchParams.has('mount') ? url.searchParams.get('from') : null;
  return from === null ? own : { ...own, [from]: ['pull'] };
}

export async function startPersona(name: PersonaName, options: PersonaOptions = {}): Promise<Persona> {
  const rules: PersonaRules = { ...rulesOf(name), ...options.rules };
  const guard = await startGuard(options.auth ?? { kind: 'none' });
  const kept = createRepositories();
  let elsewhere: string | undefined;
  let short = 0;
  const cutOff = (): number => {
    const bytes = short;
    short = 0;
    return bytes;
  };
  const uploads: Uploads = createUploads(rules, kept, { minChunk: options.minChunk, cutOff });
  const log: LoggedRequest[] = [];
  const faults: { readonly fault: Fault; used: number }[] = [];
  const sockets = new Set<Socket>();

  const findFault = ({ method, url }: LoggedRequest): Fault | undefined => {
    const found = faults.find(
      ({ fault, used }) =>
        fault.path.test(url) && (fault.method ?? method) === method && used < (fault.times ?? Infinity),
    );
    if (found) found.used += 1;
    return found?.fault;
  };
  const answerBlob = (call: Call, repository: string, digest: string): void => {
    const bytes = kept.find(repository)?.blobs.get(digest);
    if (bytes === undefined) return refuse(call, 404, 'BLOB_UNKNOWN');
    const named = rules.namesDigest ? { 'docker-content-digest': digest } : {};
    answerWith(call, 200, { 'content-type': 'application/octet-stream', ...named }, bytes);
  };
  const route = async (call: Call): Promise<void> => {
    const [, repository = '', kind = '', rest = ''] = PATH.exec(call.url.pathname) ?? [];
    if (repository === '') return refuse(call, 404, 'NAME_UNKNOWN');
    if ((call.log.contentLength ?? 0) > (rules.maxRequestBytes ?? Infinity))
      return answerWith(call, 413, { 'content-type': 'text/html' }, '<html>413 Payload Too Large</html>');
    if (!guard.admit(call, accessFor(rules, call, repository, kind))) return;
    if (kind === 'manifests') return answerManifest(call, rules, kept, { repository, reference: rest });
    if (kind === 'referrers') return answerArtifacts(call, rules, kept, { repository, subject: rest });
    if (kind === 'blobs') return answerBlob(call, repository, rest);
    if (rest === '' && elsewhere !== undefined) return answerWith(call, 202, { location: elsewhere });
    return rest === '' ? uploads.start(call, repository) : uploads.continue(call, repository, rest);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const entry = logOf(request);
    const url = new URL(entry.url, 'http://x');
    if (url.pathname === '/v2/') return void response.end('{}');
    log.push(entry);
    if (options.warning !== undefined) response.setHeader('warning', options.warning);
    const { cutAt: part, status, headers, body, happens, isStall } = findFault(entry) ?? {};
    happens?.();
    if (isStall) return;
    const cutAt = part === undefined ? undefined : Math.max(1, Math.floor(part * (entry.contentLength ?? 0)));
    const call = { request, response, url, log: entry, cutAt };
    if (status === undefined) await route(call);
    else answerWith(call, status, headers, body);
  };

  const server = createServer((request, response) => void handle(request, response));
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    scopes: guard.scopes,
    fail: (fault) => void faults.push({ fault, used: 0 }),
    keepShort: (bytes) => void (short = bytes),
    redirectUploads: (location) => void (elsewhere = location),
    createRepository: (repository) => void kept.create(repository),
    putBlob: (repository, bytes) => void kept.create(repository).blobs.set(sha256(bytes), bytes),
    blob: (repository, digest) => kept.find(repository)?.blobs.get(digest),
    manifest: (repository, reference) => kept.find(repository)?.manifests.get(reference)?.bytes,
    sessions: () => kept.sessions.size,
    forgetLog: () => void log.splice(0),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await guard.close();
    },
  };
}

/** Closed after the test. */
export async function personaFor(
  t: ExecutionContext,
  name: PersonaName,
  options: PersonaOptions = {},
): Promise<Persona> {
  const persona = await startPersona(name, options);
  t.teardown(() => persona.close());
  return persona;
}
