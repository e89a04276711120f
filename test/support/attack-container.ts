// Containers of hostile images, run in the process of the test: in a copy of the sources whose defences are taken out
// there is no command.
import type { ExecutionContext } from 'ava';
import { Writable } from 'node:stream';
import { containers, execInContainer, removeContainer, run } from '../../src/api/container-doors.js';
import type { ExecRequest } from '../../src/api/container-life.js';
import type { RunRequest } from '../../src/api/run.js';
import { TsbuildError, type ErrorCode } from '../../src/core/errors.js';
import type { AttackWorld } from './attack.js';
import { shellLayer } from './evil-image.js';
import type { EvilEntry } from './evil-tars.js';

type Request = Omit<RunRequest, 'image'>;

export interface Told {
  readonly exitCode: number | undefined;
  /** Both outputs. */
  readonly text: string;
}

export interface EvilContainers {
  /** Of a container with a shell that has only `lo`, in the foreground. */
  run(command: string, request?: Request): Promise<Told>;
  /** One that sleeps, for `exec`. @returns its name */
  start(name: string, request?: Request): Promise<string>;
  exec(container: string, command: string, request?: Partial<ExecRequest>): Promise<Told>;
  /** The failure of a container, or of a command in one, that must be refused with this code. */
  refused(work: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void>;
  remove(container: string): Promise<void>;
  readonly options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string };
}

/**
 * Containers of an image: a shell, and these entries over it. They are removed at the end.
 * @param entries of the hostile image
 */
export async function evilContainers(
  t: ExecutionContext,
  world: AttackWorld,
  entries: readonly EvilEntry[] = [],
  name = 'evil',
): Promise<EvilContainers> {
  const evil = world.image(name, { layers: [shellLayer(), ...(entries.length > 0 ? [entries] : [])] });
  await world.build({
    dockerfileText: 'FROM evil\n',
    buildContexts: { evil },
    tags: [`${name}:1`],
    outputs: [],
  });
  const { PATH } = process.env;
  const env = { PATH, HOME: world.root, TSBUILD_ROOT: world.store, ...world.sentinel.env };
  const options = { env, cwd: world.root };
  const image = `${name}:1`;
  const common: RunRequest = { image, networks: [{ name: 'none' }] };
  t.teardown(async () => {
    for (const { id } of await containers({ isAll: true }, options))
      await removeContainer({ container: id, isForced: true }, options).catch(() => undefined);
  });
  const told = async (work: (streams: object) => Promise<{ readonly exitCode?: number }>): Promise<Told> => {
    const chunks: Buffer[] = [];
    const sink = () =>
      new Writable({
        write(chunk: Buffer, _, done) {
          chunks.push(Buffer.from(chunk));
          done();
        },
      });
    const { exitCode } = await work({ stdout: sink(), stderr: sink() });
    return { exitCode, text: Buffer.concat(chunks).toString() };
  };
  return {
    options,
    run: (command, request = {}) =>
      told((streams) =>
        run(
          { ...common, command: ['sh', '-c', command], isRemovedAtEnd: true, ...request },
          { ...options, ...streams },
        ),
      ),
    async start(container, request = {}) {
      await run(
        { ...common, name: container, command: ['sleep', '600'], isDetached: true, ...request },
        options,
      );
      return container;
    },
    exec: (container, command, request = {}) =>
      told((streams) =>
        execInContainer(
          { container, command: ['sh', '-c', command], ...request },
          { ...options, ...streams },
        ),
      ),
    async refused(work, code, message) {
      const error = await t.throwsAsync(work, { instanceOf: TsbuildError });
      t.is((error as TsbuildError).code, code, error?.message);
      t.regex(error?.message ?? '', message);
    },
    async remove(container) {
      await removeContainer({ container, isForced: true }, options);
    },
  };
}
