// Names that change between a look and a use: steps that run at the same time exchange a directory and a link in a
// cache mount which they share with a step that has mount points below that name.
import { TsbuildError } from '../../../src/core/errors.js';
import type { MountSpec } from '../../../src/worker/sandbox.js';
import type { Inside, InsideAttack } from '../../support/inside-run.js';
import { program } from '../../support/sandbox-rootfs.js';
import { cString, syscallProgram } from '../../support/syscall-program.js';

const EXCHANGES = 100_000;
const VICTIMS = 15;
const [RENAMEAT2, AT_FDCWD, RENAME_EXCHANGE] = [316, -100, 2];

const cache: MountSpec = {
  type: 'cache',
  target: '/c',
  id: 'race',
  sharing: 'shared',
  isReadonly: false,
  mode: 0o777,
  uid: 0,
  gid: 0,
  isReset: false,
};

/** Exchanges /c/d and /c/l as often as it is told. */
const exchange = syscallProgram(
  [{ number: RENAMEAT2, args: [AT_FDCWD, cString('/c/d'), AT_FDCWD, cString('/c/l'), RENAME_EXCHANGE] }],
  { repeat: EXCHANGES },
);

/** Steps with these mounts, one after the other; being refused is as good as being confined. */
async function victims({ run }: Inside, mounts: readonly MountSpec[], command: string): Promise<string> {
  let output = '';
  for (let i = 0; i < VICTIMS; i++) {
    try {
      output += (await run(command, { mounts: [cache, ...mounts] })).stdout;
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code === 'INTERNAL') throw error;
    }
  }
  return output;
}

function race(ids: string, title: string, mountsOf: (inside: Inside) => readonly MountSpec[]): InsideAttack {
  return {
    ids,
    title,
    async attempt(t, inside) {
      const { outside, run, world } = inside;
      await run(`rm -rf /c/*; mkdir -p /c/d/folder; ln -s ${outside} /c/l; echo confined > /c/d/secret`, {
        mounts: [cache],
      });
      const layers = await world.on([program('exchange', exchange)]);
      const flipping = [1, 2].map(() => run(['/exchange'], { layers, mounts: [cache] }));
      const output = await victims(inside, mountsOf(inside), 'ls /c/d/folder; cat /c/d/secret; true');
      const flips = await Promise.all(flipping);
      t.deepEqual(
        flips.map(({ exitCode }) => exitCode),
        [0, 0],
      );
      t.notRegex(output, /planted-|inner|program/);
    },
  };
}

export const raceAttacks: readonly InsideAttack[] = [
  race('CVE-2024-23651', `a mount point below a name that is exchanged ${EXCHANGES} times`, () => [
    { type: 'tmpfs', target: '/c/d/folder' },
  ]),
  race('CVE-2024-11218', `a bind below a name that is exchanged ${EXCHANGES} times`, ({ world }) => [
    {
      type: 'bind',
      target: '/c/d/folder',
      source: { layers: [world.base], subpath: '/etc' },
      isReadonly: false,
    },
  ]),
  race('CVE-2021-30465', `a secret below a name that is exchanged ${EXCHANGES} times`, () => [
    { type: 'secret', target: '/c/d/made', data: new Uint8Array(), mode: 0o666, uid: 0, gid: 0 },
  ]),
];
