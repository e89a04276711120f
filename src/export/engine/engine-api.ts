// The four questions that loading asks of an engine, in the words of docker's API, which podman answers too. The
// version of the API is asked for and then kept to (moby client/ping.go): old paths are refused by engines of today.
import { TsbuildError } from '../../core/errors.js';
import type { ApiPlace } from './engine-place.js';
import { requestEngine, type EngineAnswer, type EngineRequest } from './socket-request.js';

export interface EngineApi {
  /** `docker 20.10.24 at /var/run/docker.sock` */
  readonly label: string;
  /** The images are kept by containerd: compressed, and known by the digest of their manifest. */
  readonly isContainerdStore: boolean;
  /** Undefined when the engine has no such image. */
  image(name: string): Promise<EngineImage | undefined>;
  /** What the engine says while it loads. @throws TsbuildError ENGINE_FAILED, and what the archive throws */
  load(archive: AsyncIterable<Buffer>): Promise<readonly string[]>;
}

export interface EngineImage {
  readonly id: string;
  /** Diff ids, bottom first. */
  readonly layers: readonly string[];
}

const PATIENCE_MS = 20_000;

/** @throws TsbuildError ENGINE_UNREACHABLE, ENGINE_FAILED, ABORTED */
export async function openEngineApi(place: ApiPlace, signal: AbortSignal): Promise<EngineApi> {
  const ask = (path: string): Promise<EngineAnswer> =>
    requestEngine(place, { method: 'GET', path, signal, timeoutMs: PATIENCE_MS });
  const ping = await ask('/_ping');
  const version = ping.headers['api-version'];
  if (ping.status !== 200 || typeof version !== 'string' || !/^\d+\.\d+$/.test(version))
    throw new TsbuildError('ENGINE_UNREACHABLE', `${place.label}: what answers there is no container engine`);
  const at = (path: string): string => `/v${version}${path}`;
  const info = await fieldsOf(await ask(at('/info')), place);
  const name = ping.headers['libpod-api-version'] === undefined ? 'docker' : 'podman';
  return {
    label: `${name} ${textOf(info['ServerVersion'])} at ${place.label}`,
    isContainerdStore: JSON.stringify(info['DriverStatus'] ?? '').includes('io.containerd.snapshotter'),
    async image(reference) {
      const answer = await ask(at(`/images/${encodeURI(reference)}/json`));
      if (answer.status !== 200) return undefined;
      const { Id: id, RootFS: rootfs } = await fieldsOf(answer, place);
      const layers = isFields(rootfs) ? rootfs['Layers'] : undefined;
      return { id: textOf(id), layers: Array.isArray(layers) ? layers.map(String) : [] };
    },
    async load(archive) {
      const request: EngineRequest = {
        method: 'POST',
        path: at('/images/load?quiet=1'),
        body: archive,
        signal,
      };
      return loadMessages(await requestEngine(place, request), place.label);
    },
  };
}

/**
 * The lines of an answer to `images/load`. It has status 200 also when loading fails: the failure is one of its lines.
 * @throws TsbuildError ENGINE_FAILED
 */
export function loadMessages(
  { status, text }: Pick<EngineAnswer, 'status' | 'text'>,
  label: string,
): readonly string[] {
  const lines = text.split(/\r?\n/).filter(Boolean).map(parseLine);
  const failure = lines.map(errorIn).find((message) => message !== undefined);
  if (failure !== undefined || status !== 200)
    throw new TsbuildError(
      'ENGINE_FAILED',
      `${label} could not load the image: ${failure ?? `status ${status}`}`,
      {
        hint: 'see the log of the engine, or write an archive: --output type=docker,dest=image.tar',
      },
    );
  return lines.flatMap((line) => (typeof line['stream'] === 'string' ? [line['stream'].trimEnd()] : []));
}

type Fields = Readonly<Record<string, unknown>>;

/** A line that is no JSON is a message in itself. */
function parseLine(line: string): Fields {
  try {
    const parsed: unknown = JSON.parse(line);
    return isFields(parsed) ? parsed : { stream: line };
  } catch {
    return { stream: line };
  }
}

function errorIn({ errorDetail, error, message }: Fields): string | undefined {
  if (isFields(errorDetail) && typeof errorDetail['message'] === 'string') return errorDetail['message'];
  if (typeof error === 'string') return error;
  return typeof message === 'string' ? message : undefined;
}

async function fieldsOf({ status, text }: EngineAnswer, { label }: ApiPlace): Promise<Fields> {
  const fields = parseLine(text);
  if (status === 200) return fields;
  throw new TsbuildError('ENGINE_FAILED', `${label}: ${errorIn(fields) ?? `status ${status}`}`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
