// Declares attacks: each names where it is known from, what it tries, and the line that stops it, and runs in a world
// of its own whose sentinel is looked at afterwards.
import test, { type ExecutionContext } from 'ava';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { build } from '../../src/build.js';
import { TsbuildError, type ErrorCode } from '../../src/core/errors.js';
import type { BuildEvent } from '../../src/core/events.js';
import type { BuildRequest, BuildResult } from '../../src/plan/request.js';
import { writeEvilImage, type EvilImage } from './evil-image.js';
import { projectRoot } from './project-root.js';
import { testNeeding, type Need } from './requirements.js';
import { watchOutside, type Sentinel } from './sentinel.js';
import { tempDir } from './temp-store.js';

/** The piece of source that stops an attack: the attack fails when it is removed. */
export type Defence = readonly [file: string, text: string];

export interface BuildInput {
  readonly stdin?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** What came of a build: its files, or the failure that users are told of. */
export type Outcome =
  { readonly files: string; readonly result: BuildResult } | { readonly error: TsbuildError };

export interface AttackWorld {
  readonly sentinel: Sentinel;
  /** The watched tree: where attacks want to go. */
  readonly outside: string;
  /** Parent of everything the attack may write to. */
  readonly root: string;
  readonly context: string;
  readonly store: string;
  readonly events: readonly BuildEvent[];
  /** Writes files of the context. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void;
  /** Writes an image to disk. Gives the value of the named context that it is used by. */
  image(name: string, image: EvilImage): string;
  /** A build that may end either way, but by a TsbuildError that is no bug. */
  attempt(request: Partial<BuildRequest>, input?: BuildInput): Promise<Outcome>;
  /** A build that must succeed: its result, and the directory with the image's files. */
  build(
    request: Partial<BuildRequest>,
    input?: BuildInput,
  ): Promise<BuildResult & { readonly files: string }>;
  /** A build that must be refused with one of these codes. */
  refused(
    request: Partial<BuildRequest>,
    codes: readonly ErrorCode[],
    input?: BuildInput,
  ): Promise<TsbuildError>;
}

type Implementation = (t: ExecutionContext, world: AttackWorld) => void | Promise<void>;

interface OwnWorld extends AttackWorld {
  shown(): string[];
  places(): string[];
}

function openWorld(t: ExecutionContext): OwnWorld {
  const root = tempDir(t);
  const [context, store] = [join(root, 'context'), join(root, 'store')];
  mkdirSync(context);
  mkdirSync(store);
  const sentinel = watchOutside(t);
  const events: BuildEvent[] = [];
  const shown: string[] = [];
  const outputs: string[] = [];
  const attempt: AttackWorld['attempt'] = async (request, { stdin, env = {} } = {}) => {
    const files = join(root, `out-${outputs.length}`);
    outputs.push(files);
    const full: BuildRequest = { context, outputs: [{ type: 'local', dest: files }], ...request };
    const { PATH } = process.env;
    try {
      const result = await build(full, {
        env: { PATH, HOME: root, TSBUILD_ROOT: store, ...sentinel.env, ...env },
        cwd: root,
        onEvent: (event) => void events.push(event),
        ...(stdin ? { stdin: Readable.from([Buffer.from(stdin)]) } : {}),
      });
      return { files, result };
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code === 'INTERNAL')
        throw new Error(`not a failure that users are told of: ${String(error)}`, { cause: error });
      shown.push(`${error.message}\n${error.hint ?? ''}\n${error.location?.text ?? ''}`);
      return { error };
    }
  };
  return {
    sentinel,
    outside: sentinel.directory,
    root,
    context,
    store,
    events,
    attempt,
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(context, name)), { recursive: true });
        writeFileSync(join(context, name), content);
      }
    },
    image(name, image) {
      const directory = join(root, 'images', name);
      writeEvilImage(directory, image);
      return `oci-layout://${directory}`;
    },
    async build(request, input) {
      const outcome = await attempt(request, input);
      if ('error' in outcome) throw outcome.error;
      return { ...outcome.result, files: outcome.files };
    },
    async refused(request, codes, input) {
      const outcome = await attempt(request, input);
      if (!('error' in outcome)) throw new Error('the build was not refused');
      t.true(codes.includes(outcome.error.code), `${outcome.error.code}: ${outcome.error.message}`);
      return outcome.error;
    },
    shown: () => [
      ...shown,
      ...events.map((event) =>
        event.kind === 'step-log' ? Buffer.from(event.data).toString('latin1') : JSON.stringify(event),
      ),
    ],
    places: () => [store, ...outputs].filter((path) => existsSync(path)),
  };
}

/**
 * Stale claims are worse than none. Not looked at where the sources were changed on purpose to prove that the attack
 * notices.
 */
function assertDefenceExists(t: ExecutionContext, [file, text]: Defence): void {
  if (process.env['TSBUILD_PROVE_DEFENCES'] !== undefined) return;
  t.true(readFileSync(join(projectRoot, file), 'utf8').includes(text), `${file} no longer has: ${text}`);
}

/**
 * @param ids CVE or advisory ids, or the rule or format that the attack breaks
 * @param defence fails when it is removed
 */
export type DeclareAttack = (
  ids: string,
  title: string,
  defence: Defence,
  implementation: Implementation,
) => void;

/** Attacks with these needs of the machine. */
export function attackNeeding(...needs: readonly Need[]): DeclareAttack {
  const declare = needs.length === 0 ? test : testNeeding(...needs);
  return (ids, title, defence, implementation) =>
    void declare(`${ids}: ${title}`, async (t: ExecutionContext) => {
      assertDefenceExists(t, defence);
      const world = openWorld(t);
      await implementation(t, world);
      world.sentinel.verify(t, world.places(), world.shown());
    });
}

export const attack: DeclareAttack = attackNeeding();
