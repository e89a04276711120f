// Builds whose sandbox and registry are in the hands of the test; everything between them is real: the plan, the graph,
// the cache, the context, the store on disk. So a test decides when each process speaks and ends, without root, network
// or namespaces. The model is the rig of google/wireit, where a command is an object that the test tells to exit.
import type { ExecutionContext } from 'ava';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Digest, DiffId } from '../../src/core/digest.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import type { ImageConfig, ImageManifest } from '../../src/oci/types.js';
import { buildOn } from '../../src/build.js';
import type { BuildRequest } from '../../src/plan/request.js';
import { withBuildTools } from '../../src/open-build.js';
import type { RegistryClient } from '../../src/registry/client.js';
import { openStore, type Store } from '../../src/store/store.js';
import { dir, file } from '../support/sandbox-rootfs.js';
import { createMemoryRegistry, type MemoryRegistry } from '../support/memory-registry.js';
import { tempDir } from '../support/temp-store.js';
import { openStage, type OpenStage } from './open-stage.js';
import type { ScriptedAnswer } from './scripted-answer.js';
import { beginBuild, type ScriptedBuild } from './scripted-build.js';
import {
  createScriptedRegistry,
  type ImageScript,
  type ScriptedRegistry,
  type ServedImage,
} from './scripted-registry.js';
import type { ScriptedRun } from './scripted-run.js';
import { createSandboxScript, type SandboxScript } from './scripted-sandbox.js';
import { openScriptedEngine } from './scripted-engine.js';

export interface Rig {
  /** Directory of the context. */
  readonly context: string;
  /** The store of the builds, for a look into it. */
  readonly store: Store;
  readonly registry: Pick<ScriptedRegistry, 'hold' | 'release'>;
  /** What the builds push to. */
  readonly pushed: MemoryRegistry;
  /** What the builds ask. */
  readonly client: RegistryClient;
  readonly sandbox: Omit<SandboxScript, 'runs'>;
  /** Files of the context. */
  write(files: Readonly<Record<string, string>>): void;
  /** Declares an image of the registry; without a script it has one layer, with accounts. */
  serve(name: string, script?: ImageScript): Promise<ServedImage>;
  /** Begins a build. It is aborted at the end of the test, if it still runs. */
  build(dockerfile: string, request?: Partial<BuildRequest>): ScriptedBuild;
  /** Opens what a build of the file would work with, and nothing is built. */
  inStage<T>(
    dockerfile: string,
    work: (stage: OpenStage) => Promise<T>,
    request?: Partial<BuildRequest>,
  ): Promise<T>;
  /** The next process with that command, when it starts. @throws Error when it does not */
  nextRun(command: string): Promise<ScriptedRun>;
  /** The next such question to the registry, when it is asked. @throws Error when it is not */
  nextAnswer(ask: string): Promise<ScriptedAnswer>;
  /**
   * From now on every process makes the changes that its command stands for, and exits with 0, as soon as it starts.
   */
  endAll(changes: (command: string) => readonly LayerEntry[]): void;
  /** Of an image in the store, by the digest of its manifest: diff ids of its layers, bottom first. */
  layersOf(digest: string | undefined): readonly DiffId[];
  /** Commands of all processes, in the order of their starts. */
  readonly started: readonly string[];
  /** What the registry was asked for, in order. */
  readonly asked: readonly string[];
  /** Names of what is in the tmp/ of the store. */
  left(): readonly string[];
}

export function createRig(t: ExecutionContext): Rig {
  const root = tempDir(t);
  const [context, storeRoot] = [join(root, 'context'), join(root, 'store')];
  mkdirSync(context);
  const registry = createScriptedRegistry(openStore(join(root, 'registry')));
  const sandbox = createSandboxScript();
  const env = { PATH: process.env['PATH'], HOME: root, TSBUILD_ROOT: storeRoot };
  const pushed = createMemoryRegistry();
  const engine = openScriptedEngine(env, { sandbox, registry: registry.client, writer: pushed });
  const { store } = engine;
  const running = new Set<ScriptedBuild>();
  t.teardown(async () => {
    const left = [...running];
    for (const { abort } of left) abort(new Error('the test is over'));
    await Promise.allSettled(left.map(({ result }) => result));
    await engine.close();
    if (sandbox.openRootfs > 0) throw new Error(`${sandbox.openRootfs} rootfs were never closed`);
  });

  function setEnded(build: ScriptedBuild, how: string): void {
    running.delete(build);
    if (running.size > 0) return;
    sandbox.runs.close(how);
    registry.answers.close(how);
  }

  return {
    context,
    store,
    registry,
    pushed,
    client: registry.client,
    sandbox,
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(context, name)), { recursive: true });
        writeFileSync(join(context, name), content);
      }
    },
    serve: (name, script = {}) => registry.serve(name, { layers: [baseEntries(name)], ...script }),
    build(dockerfileText, request = {}) {
      sandbox.runs.close(undefined);
      registry.answers.close(undefined);
      const full = { context, dockerfileText, ...request };
      const build = beginBuild((options) => buildOn(engine, full, { ...options, env, cwd: root }));
      running.add(build);
      build.result.then(
        () => setEnded(build, 'came before the build was done'),
        (error: unknown) => setEnded(build, `came before the build failed (${String(error)})`),
      );
      return build;
    },
    inStage(dockerfileText, work, request = {}) {
      const full = { context, dockerfileText, ...request };
      return withBuildTools(
        engine,
        full,
        { options: { env, cwd: root }, imports: undefined },
        async ({ tools, definition }) => work(await openStage(tools, definition)),
      );
    },
    nextRun: (command) => sandbox.runs.next(command),
    nextAnswer: (ask) => registry.answers.next(ask),
    endAll(changes) {
      sandbox.onRun = (run) => {
        run.writes(changes(run.command));
        run.exits();
      };
    },
    layersOf: (digest) => layersIn(store, digest as Digest),
    get started() {
      return sandbox.runs.all.map(({ command }) => command);
    },
    get asked() {
      return registry.answers.all.map(({ ask }) => ask);
    },
    left() {
      const tmp = join(storeRoot, 'v1', 'tmp');
      return existsSync(tmp) ? readdirSync(tmp) : [];
    },
  };
}

function layersIn(store: Store, digest: Digest): readonly DiffId[] {
  const read = (blob: Digest): Buffer => {
    const bytes = store.readSmallBlob(blob);
    if (!bytes) throw new Error(`${blob} is not in the store: give the image a tag`);
    return bytes;
  };
  const manifest = JSON.parse(read(digest).toString()) as ImageManifest;
  return (JSON.parse(read(manifest.config.digest).toString()) as ImageConfig).rootfs.diff_ids;
}

/** Of a base image: accounts, and a file that tells it from others. */
function baseEntries(name: string) {
  return [
    dir('etc'),
    file('etc/group', 'root:x:0:\nstaff:x:50:app\n'),
    file('etc/image', name),
    file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n'),
  ];
}
