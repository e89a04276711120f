// Upload sessions of a persona: POST, PATCH, PUT, GET and DELETE below `blobs/uploads/`.
import { sha256 } from '../fake-registry.js';
import { answerWith, readBody, refuse, type Call } from './call.js';
import { lengthOf, type Repositories, type Session } from './repositories.js';
import type { PersonaRules } from './rules.js';

export interface Uploads {
  /** POST: a mount, or a session. */
  start(call: Call, repository: string): void;
  /** What is asked of a session by its id. */
  continue(call: Call, repository: string, id: string): Promise<void>;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function parseRange(text: string | undefined): Range | undefined {
  const [, start, end] = /^(\d+)-(\d+)$/.exec(text ?? '') ?? [];
  return start === undefined || end === undefined ? undefined : { start: Number(start), end: Number(end) };
}

export function createUploads(
  rules: PersonaRules,
  kept: Repositories,
  options: { readonly minChunk?: number | undefined; readonly cutOff: () => number },
): Uploads {
  let opened = 0;
  let bodies = 0;

  const locationOf = ({ request }: Call, { id, repository, patches }: Session): string => {
    const path = `/v2/${repository}/blobs/uploads/${id}?_state=s${patches}`;
    return rules.location === 'relative' ? path : `http://${request.headers.host}${path}`;
  };
  const answerSession = (call: Call, session: Session, status: number): void => {
    const range = `0-${Math.max(0, lengthOf(session) - 1)}`;
    const minimum = options.minChunk === undefined ? {} : { 'oci-chunk-min-length': options.minChunk };
    answerWith(call, status, { location: locationOf(call, session), range, ...minimum });
  };
  const open = (call: Call, repository: string): void => {
    const session = { id: `u${++opened}`, repository, parts: [], patches: 0 };
    kept.sessions.set(session.id, session);
    answerSession(call, session, 202);
  };
  const keep = (call: Call, repository: string, digest: string, bytes: Buffer): void => {
    kept.create(repository).blobs.set(digest, bytes);
    const named = rules.namesDigest ? { 'docker-content-digest': digest } : {};
    answerWith(call, 201, { location: `/v2/${repository}/blobs/${digest}`, ...named });
  };
  const findToMount = (digest: string, from: string | null): Buffer | undefined => {
    if (rules.mount === 'never') return undefined;
    if (rules.mount === 'from') return kept.find(from ?? '')?.blobs.get(digest);
    return [...kept.all()].find(({ blobs }) => blobs.has(digest))?.blobs.get(digest);
  };

  const body = async (call: Call, session: Session): Promise<Buffer | undefined> => {
    bodies += 1;
    const tooMany = bodies > (rules.maxBodiesAtOnce ?? Infinity);
    const bytes = await readBody(call);
    bodies -= 1;
    if (bytes === undefined && !rules.survivesCut) kept.sessions.delete(session.id);
    if (bytes === undefined || !tooMany) return bytes;
    kept.sessions.delete(session.id);
    refuse(call, 400, 'BLOB_UPLOAD_INVALID');
    return undefined;
  };
  const patch = async (call: Call, session: Session): Promise<void> => {
    const { contentLength = 0, contentRange } = call.log;
    if (contentLength > (rules.maxPatchBytes ?? Infinity)) return refuse(call, 416, 'SIZE_INVALID');
    if (rules.patch === 'single' && session.patches > 0) return refuse(call, 400, 'BLOB_UPLOAD_INVALID');
    const range = parseRange(contentRange);
    const isBad = contentRange !== undefined && range?.start !== lengthOf(session);
    if (rules.patch === 'strict' && isBad) return refuse(call, 416, 'BLOB_UPLOAD_INVALID');
    const bytes = await body(call, session);
    if (bytes === undefined) return;
    const taken = bytes.subarray(0, bytes.length - options.cutOff());
    if (rules.patch !== 'first-only' || session.patches === 0) session.parts.push(taken);
    session.patches += 1;
    answerSession(call, session, rules.patchStatus);
  };
  const put = async (call: Call, session: Session): Promise<void> => {
    const { contentLength } = call.log;
    if (rules.putRefusal !== undefined && contentLength !== 0)
      return refuse(call, rules.putRefusal, 'UNSUPPORTED');
    const bytes = await body(call, session);
    if (bytes === undefined) return;
    kept.sessions.delete(session.id);
    const whole = Buffer.concat([...session.parts, bytes]);
    const digest = call.url.searchParams.get('digest') ?? '';
    if (sha256(whole) !== digest) return refuse(call, 400, 'DIGEST_INVALID');
    keep(call, session.repository, digest, whole);
  };

  return {
    start(call, repository) {
      if (!rules.creates && kept.find(repository) === undefined) return refuse(call, 404, 'NAME_UNKNOWN');
      const from = call.url.searchParams.get('from');
      const digest = call.url.searchParams.get('mount');
      // zot pkg/api/routes.go: 405 for `from` without `mount`.
      if (digest === null && from !== null) return refuse(call, 405, 'UNSUPPORTED');
      const found = digest === null ? undefined : findToMount(digest, from);
      if (digest !== null && found !== undefined) keep(call, repository, digest, found);
      else open(call, repository);
    },
    async continue(call, repository, id) {
      const session = kept.sessions.get(id);
      const isOwn = session?.repository === repository;
      // The query of Location is a part of it: without it there is no session.
      const hasState = call.url.searchParams.get('_state') === `s${session?.patches}`;
      if (!session || !isOwn || !hasState) return refuse(call, rules.deadSession, 'BLOB_UPLOAD_UNKNOWN');
      switch (call.log.method) {
        case 'PATCH':
          return patch(call, session);
        case 'PUT':
          return put(call, session);
        case 'GET':
          return answerSession(call, session, 204);
        case 'DELETE':
          kept.sessions.delete(id);
          return answerWith(call, 204);
        default:
          return refuse(call, 405, 'UNSUPPORTED');
      }
    },
  };
}
