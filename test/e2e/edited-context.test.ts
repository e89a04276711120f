// A context that is built, edited and built again gives the layer that a store without a past would give, and its steps
// see the same files: what is taken over from the time before shows nowhere.
import type { ExecutionContext } from 'ava';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertValidImage } from '../support/assert-valid-image.js';
import { testNeeding } from '../support/requirements.js';
import {
  assertBuilt,
  dockerfileWithShell,
  hostShell,
  workspace,
  type Workspace,
} from '../support/workspace.js';

const list = (directory: string): string =>
  `cd ${directory}; for f in * */*; do echo "$f"; [ -d "$f" ] || while read -r line; do echo "$line"; done < "$f"; done`;

const DOCKERFILE = dockerfileWithShell(
  `COPY app /app\nRUN (${list('/app')}) > /copied\nRUN --mount=type=bind,source=app,target=/m (${list('/m')}) > /mounted\n`,
);

interface Seen {
  readonly diffId: string | undefined;
  readonly copied: string;
  readonly mounted: string;
}

let count = 0;

async function build(t: ExecutionContext, { root, build: run }: Workspace, store: string): Promise<Seen> {
  const out = join(root, `out-${count++}`);
  const args = ['-t', 'edited:1', ...hostShell(), '-o', `type=local,dest=${out}`];
  assertBuilt(t, await run(args, { env: { TSBUILD_ROOT: store } }));
  const { config } = await assertValidImage(t, join(store, 'v1', 'oci'), 'docker.io/library/edited:1');
  const layers = (config.history ?? []).filter((entry) => entry.empty_layer !== true);
  const at = layers.findIndex((entry) => entry.created_by?.startsWith('COPY app'));
  return {
    diffId: config.rootfs.diff_ids[at],
    copied: readFileSync(join(out, 'copied'), 'utf8'),
    mounted: readFileSync(join(out, 'mounted'), 'utf8'),
  };
}

testNeeding('sandbox')('after every edit a build gives what one from nothing gives', async (t) => {
  t.timeout(300_000);
  const files = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`app/d${i % 3}/f${i}`, `file ${i}\n`.repeat(1 + i * 40)]),
  );
  const space = workspace(t, { Dockerfile: DOCKERFILE, ...files });
  const path = (name: string): string => join(space.context, name);
  const edits: readonly (() => void)[] = [
    () => undefined,
    () => space.write('app/d1/f1', 'edited\n'),
    () => space.write('app/d1/f1', 'edited once more\n'),
    () => space.write('app/new', 'a new one\n'),
    () => rmSync(path('app/d2/f2')),
    () => renameSync(path('app/d0/f0'), path('app/d2/f0')),
    () => {
      rmSync(path('app/new'));
      mkdirSync(path('app/new'));
      space.write('app/new/inside', 'a directory now\n');
    },
    () => space.write('app/d1/f4', ''),
  ];
  for (const [i, edit] of edits.entries()) {
    edit();
    const seen = await build(t, space, space.store);
    const fresh = join(space.root, `fresh-${i}`);
    mkdirSync(fresh);
    t.deepEqual(seen, await build(t, space, fresh));
    t.is(seen.copied, seen.mounted);
    t.true(i !== 1 || seen.copied.includes('edited\n'));
  }
});
