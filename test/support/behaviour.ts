// A workbench for one behaviour of the language: a context, a `busybox` to build on, builds in the process of the test,
// and the image that came out as data.
import type { ExecutionContext } from 'ava';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from '../../src/build.js';
import { TsbuildError } from '../../src/core/errors.js';
import type { BuildEvent } from '../../src/core/events.js';
import type { BuildRequest, BuildResult } from '../../src/plan/request.js';
import { writeBehaviourBase } from './behaviour-base.js';
import { readBuiltImage, type BuiltImage, type FileEntry } from './behaviour-image.js';
import { tempDir } from './temp-store.js';

/** Names under which a Dockerfile finds the base. */
const NAMES = ['busybox', 'busybox:1', 'busybox:2', 'alpine', 'base', '0'] as const;

/** What is put in the context: text or bytes, `{ link }`, `{ mode }` with or without text (without: a directory). */
export type Given =
  | string
  | Uint8Array
  | { readonly link: string }
  | { readonly mode: number; readonly text?: string | Uint8Array };

export interface Built extends BuiltImage {
  readonly result: BuildResult;
  /** All that commands wrote, both streams. */
  readonly log: string;
  /** Messages of warnings. */
  readonly warnings: readonly string[];
  /** Names of the steps that were taken from the cache. */
  readonly cached: readonly string[];
  /** What the layers of this build hold, those of the base left out, by path. */
  readonly added: readonly string[];
}

export interface Bench {
  readonly root: string;
  readonly context: string;
  give(files: Readonly<Record<string, Given>>): void;
  /** Builds the Dockerfile of this text, or with `dockerfile` in the request that file. */
  build(text: string | undefined, request?: Partial<BuildRequest>): Promise<Built>;
  /** The message of a build that must fail, with what it wrote. */
  fail(text: string, request?: Partial<BuildRequest>): Promise<{ error: TsbuildError; log: string }>;
}

function giveOne(path: string, given: Given): void {
  mkdirSync(dirname(path), { recursive: true });
  if (typeof given === 'string' || given instanceof Uint8Array) return writeFileSync(path, given);
  if ('link' in given) return symlinkSync(given.link, path);
  if (given.text !== undefined) writeFileSync(path, given.text);
  else mkdirSync(path, { recursive: true });
  chmodSync(path, given.mode);
}

function logOf(events: readonly BuildEvent[]): string {
  return events
    .flatMap((event) => (event.kind === 'step-log' ? [Buffer.from(event.data).toString()] : []))
    .join('');
}

function cachedSteps(events: readonly BuildEvent[]): string[] {
  const names = new Map<string, string>();
  for (const event of events) if (event.kind === 'step-start') names.set(event.step.id, event.step.name);
  return events.flatMap((event) =>
    event.kind === 'step-end' && event.status === 'cached' ? [names.get(event.id) ?? ''] : [],
  );
}

function addedPaths({ layers }: BuiltImage): string[] {
  const own = layers[0]?.has('bin/busybox') && layers[0].has('proc') ? layers.slice(1) : layers;
  return own.flatMap((layer) => [...layer.keys()]);
}

/** @param base Members of the config of `busybox` */
export function bench(t: ExecutionContext, base: Readonly<Record<string, unknown>> = {}): Bench {
  const root = tempDir(t);
  const [context, layout] = [join(root, 'context'), join(root, 'base')];
  mkdirSync(context);
  const reference = `oci-layout://${layout}:latest`;
  const outputs: string[] = [];
  const run = async (text: string | undefined, request: Partial<BuildRequest>, events: BuildEvent[]) => {
    if (!existsSync(layout) && /busybox|alpine|base/.test(text ?? '')) writeBehaviourBase(layout, base);
    const dest = join(root, `image-${outputs.length}`);
    outputs.push(dest);
    const result = await build(
      {
        context,
        ...(text === undefined ? {} : { dockerfileText: text }),
        buildContexts: Object.fromEntries(NAMES.map((name) => [name, reference])),
        outputs: [{ type: 'oci', dest, tar: false, compression: 'uncompressed' }],
        ...request,
      },
      {
        env: { PATH: process.env['PATH'], HOME: root, TSBUILD_ROOT: join(root, 'store') },
        cwd: root,
        onEvent: (event) => void events.push(event),
      },
    );
    return { result, dest };
  };
  return {
    root,
    context,
    give(files) {
      for (const [name, given] of Object.entries(files)) giveOne(join(context, name), given);
    },
    async build(text, request = {}) {
      const events: BuildEvent[] = [];
      const { result, dest } = await run(text, request, events);
      const image = await readBuiltImage(dest);
      const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
      return {
        ...image,
        result,
        log: logOf(events),
        warnings,
        cached: cachedSteps(events),
        added: addedPaths(image),
      };
    },
    async fail(text, request = {}) {
      const events: BuildEvent[] = [];
      const error = await t.throwsAsync(run(text, request, events));
      if (error instanceof TsbuildError) return { error, log: logOf(events) };
      throw new Error('not a failure that users are told of', { cause: error });
    },
  };
}

/** `Directory 755 0:0`: what a listing shows of an entry. */
export function shown(entry: FileEntry | undefined): string {
  return entry === undefined ? 'absent' : `${entry.type} ${entry.mode.toString(8)} ${entry.owner}`;
}
