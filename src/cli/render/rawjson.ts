// `--progress rawjson`: BuildKit's SolveStatus, one JSON object a line (client/graph.go). What BuildKit has not are
// members that its readers pass over: `tsbuild` in the first line, `build`, `notes`, and `result` or `error` in the
// last one.
// docs/progress.md says it all. Invariant: a change that could break a reader raises SCHEMA.
import { digestOf, isDigest } from '../../core/digest.js';
import { shorten } from '../../core/shorten.js';
import type { Json } from '../../core/canonical-json.js';
import { exitStatusOf, TsbuildError } from '../../core/errors.js';
import type { BuildEvent, StageRef, StepRef } from '../../core/events.js';
import { VERSION } from '../../core/version.js';
import { escapeJson } from './escape.js';
import { formatWarning, type WarningEvent } from './warnings.js';
import type { Outcome, Renderer, RendererOptions } from './renderer.js';

const SCHEMA = 1;
/** Characters; longer names are cut. */
const LONGEST_NAME = 4096;
/** A longer file is not repeated with every warning. */
const LONGEST_SOURCE = 64 << 10;

type EventOf<Kind extends BuildEvent['kind']> = Extract<BuildEvent, { kind: Kind }>;

interface Vertex {
  readonly ref: StepRef;
  startTime: number;
  readonly rowStart: Map<string, number>;
}

export function createRawJsonRenderer({ write, now }: RendererOptions): Renderer {
  const vertices = new Map<string, Vertex>();
  const writeLine = (value: Json) => write(`${escapeJson(JSON.stringify(value))}\n`);
  let isFirst = true;

  const statusOf = (event: BuildEvent): Json | undefined => {
    switch (event.kind) {
      case 'step-start':
        vertices.set(event.step.id, { ref: event.step, startTime: event.time, rowStart: new Map() });
        return { vertexes: [vertexOf(vertices.get(event.step.id)!)] };
      case 'build':
        return { build: { id: event.id, timestamp: timestamp(event.time) } };
      case 'build-end':
        return undefined;
      case 'plan':
        return {
          vertexes: event.steps.map(identityOf),
          ...(event.stages && { stages: event.stages.map(stageOf) }),
        };
      case 'image':
        return { images: [imageOf(event)] };
      case 'step-work':
        return begunAgain(event, vertices.get(event.id));
      case 'warning':
        return { warnings: [warningOf(event)] };
      case 'note':
        return { notes: [{ message: event.message, timestamp: timestamp(now()) }] };
      case 'kept-command':
      case 'shell-open':
      case 'shell-closed':
        return undefined;
      default:
        return stepStatus(event, vertices.get(event.id));
    }
  };
  const begin = () => {
    if (isFirst) writeLine({ tsbuild: { schema: SCHEMA, version: VERSION } });
    isFirst = false;
  };
  const onEvent = (event: BuildEvent) => {
    begin();
    const status = statusOf(event);
    if (status !== undefined) writeLine(status);
  };
  const conclude = (outcome: Outcome) => {
    begin();
    writeLine(
      outcome.kind === 'done' ? { result: outcome.result as Json } : { error: errorOf(outcome.error) },
    );
  };
  return { onEvent, refresh: () => undefined, finish: () => undefined, conclude, refreshMilliseconds: 0 };
}

function identityOf({ id, name }: StepRef) {
  return { digest: vertexDigest(id), name: shorten(name, LONGEST_NAME) };
}

function stageOf({ id, steps, needs, ...stage }: StageRef): Json {
  return {
    ...stage,
    id: vertexDigest(id),
    needs: needs.map(vertexDigest),
    steps: steps.map(({ id: vertex, needs: sources, ...lines }) => ({
      ...lines,
      vertex: vertexDigest(vertex),
      needs: sources?.map(vertexDigest),
    })),
  };
}

function imageOf({ digest, configDigest, platform, layers, time }: EventOf<'image'>): Json {
  return {
    digest,
    configDigest,
    platform,
    layers: layers.map((layer) => ({ ...layer })),
    timestamp: timestamp(time),
  };
}

function begunAgain({ time }: EventOf<'step-work'>, vertex: Vertex | undefined): Json | undefined {
  if (!vertex) return undefined;
  vertex.startTime = time;
  return { vertexes: [vertexOf(vertex)] };
}

function errorOf(error: unknown): Json {
  const known = error instanceof TsbuildError ? error : undefined;
  const code = known?.code ?? 'INTERNAL';
  const location = known?.location;
  return {
    code,
    message: error instanceof Error ? error.message : String(error),
    hint: known?.hint,
    exitStatus: exitStatusOf(code),
    exitCode: known?.exitCode,
    location: location && {
      file: location.file,
      startLine: location.startLine,
      endLine: location.endLine,
    },
  };
}

function stepStatus(
  event: EventOf<'step-log' | 'step-progress' | 'step-end'>,
  vertex: Vertex | undefined,
): Json | undefined {
  if (!vertex) return undefined;
  const id = vertexDigest(event.id);
  if (event.kind === 'step-log') {
    const data = Buffer.from(event.data).toString('base64');
    return { logs: [{ vertex: id, stream: event.stream, data, timestamp: timestamp(event.time) }] };
  }
  if (event.kind === 'step-end') return { vertexes: [vertexOf(vertex, event)] };
  const started = vertex.rowStart.get(event.item) ?? event.time;
  vertex.rowStart.set(event.item, started);
  return {
    statuses: [
      {
        id: event.item,
        vertex: id,
        total: event.total,
        current: event.current,
        timestamp: timestamp(event.time),
        started: timestamp(started),
        completed: event.isDone ? timestamp(event.time) : undefined,
      },
    ],
  };
}

function vertexOf({ ref, startTime }: Vertex, end?: EventOf<'step-end'>): Json {
  // BuildKit's readers tell a cancellation by how the error ends.
  const error =
    end?.status === 'canceled'
      ? 'context canceled'
      : end?.status === 'error'
        ? shorten(end.error?.message ?? 'failed')
        : undefined;
  return {
    ...identityOf(ref),
    started: timestamp(startTime),
    completed: end ? timestamp(end.time) : undefined,
    cached: end?.status === 'cached' ? true : undefined,
    error,
  };
}

function warningOf(event: WarningEvent): Json {
  const { location } = event;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return {
    vertex: '',
    level: 1,
    short: base64(shorten(formatWarning(event))),
    detail: event.detail === undefined ? undefined : [base64(event.detail)],
    url: event.url,
    sourceInfo: location && {
      filename: location.file,
      data:
        location.text === undefined || location.text.length > LONGEST_SOURCE
          ? undefined
          : base64(location.text),
    },
    range: location && [{ start: { line: location.startLine }, end: { line: location.endLine } }],
  };
}

function vertexDigest(id: string): string {
  return isDigest(id) ? id : digestOf(id);
}

function timestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
