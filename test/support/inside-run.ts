// Declares attacks from inside of a RUN: each is one row of a table and is tried on every rung of the ladder that works
// here, with a watched tree outside and facts of the host that must be the same afterwards.
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RUNGS } from '../../src/worker/front/ladder.js';
import type { Rung, RungName } from '../../src/worker/front/rung.js';
import type { ProcessSpec } from '../../src/worker/sandbox.js';
import { tryRung } from '../../src/worker/front/try-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import type { TsbuildError } from '../../src/core/errors.js';
import type { Store } from '../../src/store/store.js';
import { projectRoot } from './project-root.js';
import { temporaryStore } from './sandbox-rootfs.js';
import { openWorld, type Ran, type RunOptions, type World } from './sandbox-world.js';
import { watchOutside, type Sentinel } from './sentinel.js';

/** What an attack is given. */
export interface Inside {
  readonly world: World;
  /** The watched tree of the host. */
  readonly outside: string;
  readonly rung: RungName;
  /** A step with the network that the rung has. */
  run(command: string | readonly string[], options?: RunOptions): Promise<Ran>;
}

export interface InsideAttack {
  /** CVE ids, or the part of the kernel that is attacked. */
  readonly ids: string;
  readonly title: string;
  /** Rungs that do not promise to stop it, with the reason, as SECURITY.md has them. */
  readonly notOn?: Partial<Record<RungName, string>>;
  attempt(t: ExecutionContext, inside: Inside): Promise<void>;
}

/** Facts of the host that no step may change. */
function hostFacts(): Readonly<Record<string, unknown>> {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // This kernel has no such file, or shows it to root alone.
      return undefined;
    }
  };
  const identity = (path: string): unknown => {
    const { ino, size, mtimeMs, ctimeMs, mode } = statSync(path);
    return { ino, size, mtimeMs, ctimeMs, mode };
  };
  return {
    hostname: hostname(),
    corePattern: read('/proc/sys/kernel/core_pattern'),
    modprobe: read('/proc/sys/kernel/modprobe'),
    uevent: read('/sys/kernel/uevent_helper'),
    node: identity(process.execPath),
    unshare: identity(execFileSync('which', ['unshare'], { encoding: 'utf8' }).trim()),
    checkout: identity(join(projectRoot, 'package.json')),
    // Others may mount meanwhile, but nothing of these.
    mounts: read('/proc/self/mountinfo')
      ?.split('\n')
      .filter((line) => line.includes('tsbuild-')),
  };
}

/** Everything of the store where a token could have come to lie. */
function placesOf(world: World): string[] {
  const { oci, tmp, cache } = world.store.paths;
  return [oci, tmp, cache];
}

/** A rung without namespaces of its own has no other network than the host's. */
const ALWAYS: Partial<Record<RungName, Partial<ProcessSpec>>> = { chroot: { network: 'host' } };

interface TriedRung {
  readonly rung: Rung;
  readonly trial: Store;
  /** Why it does not work here. */
  readonly reason: TsbuildError | undefined;
}

const { signal } = new AbortController();

async function tried(rung: Rung): Promise<TriedRung> {
  const trial = temporaryStore();
  return { rung, trial, reason: await tryRung(rung, { store: trial, signal }) };
}

function declareOn({ rung, trial, reason }: TriedRung, attacks: readonly InsideAttack[]): void {
  const { name } = rung;
  let opened: Promise<World> | undefined;
  const driver = { name, open: () => openWorkerSandbox({ rung, paths: trial.paths, signal }) };
  for (const { ids, title, notOn, attempt } of attacks) {
    const label = `${name}: ${ids}: ${title}`;
    const isPromised = notOn?.[name] === undefined;
    const declare = reason ? test.serial.skip : test.serial;
    if (!isPromised) continue;
    declare(reason ? `${label} [${reason.message}]` : label, async (t) => {
      const world = await (opened ??= openWorld(driver, trial));
      const sentinel: Sentinel = watchOutside(t);
      const before = hostFacts();
      const logs: string[] = [];
      const run: Inside['run'] = async (command, options) => {
        const ran = await world.run(command, { ...ALWAYS[name], ...options });
        logs.push(ran.stdout, ran.stderr);
        return ran;
      };
      await attempt(t, { world, outside: sentinel.directory, rung: name, run });
      t.deepEqual(hostFacts(), before);
      sentinel.verify(t, placesOf(world), logs);
    });
  }
  test.after.always(async (t) => {
    const promised = attacks.filter(({ notOn }) => notOn?.[name] === undefined);
    const count = `${promised.length} attacks, ${attacks.length - promised.length} not promised to be stopped`;
    t.log(reason ? `${name}: not tried: ${reason.message}` : `${name}: ${count}`);
    await (await opened)?.close();
  });
}

/** One test for each attack and rung. The log tells the number for each rung. */
export async function declareInsideAttacks(attacks: readonly InsideAttack[]): Promise<void> {
  const rungs = await Promise.all(RUNGS.map(tried));
  // At once: ava takes no declarations after the first turn of the event loop that has some.
  for (const rung of rungs) declareOn(rung, attacks);
}
