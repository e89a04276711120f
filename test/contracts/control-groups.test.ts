// Control groups of steps on the real kernel: with whatever controller of version 2 this machine gives to the one who
// runs the tests.
import test, { type ExecutionContext } from 'ava';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { delegateGroup } from '../../src/sandbox/cgroup/delegate-group.js';
import type { LimitFile } from '../../src/sandbox/cgroup/limit-files.js';
import { ownGroup } from '../../src/sandbox/cgroup/own-group.js';
import type { ControlGroups } from '../../src/sandbox/cgroup/control-groups.js';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { TsbuildError } from '../../src/core/errors.js';
import { testNeeding } from '../support/requirements.js';
import { openWorld, type World } from '../support/sandbox-world.js';

const PREFIX = `tsbuild-test-${process.pid}-`;

/** A limit that every kernel with the controller takes. */
const HARMLESS: Readonly<Record<string, LimitFile>> = {
  pids: { name: 'pids.max', value: '50', option: 'pids' },
  memory: { name: 'memory.max', value: String(64 << 20), option: 'memory' },
  hugetlb: { name: 'hugetlb.2MB.max', value: '0', option: 'hugetlb' },
};

function groupsWith(controller: string): ControlGroups | undefined {
  const own = ownGroup({
    mountInfo: readFileSync('/proc/self/mountinfo', 'utf8'),
    cgroup: readFileSync('/proc/self/cgroup', 'utf8'),
  });
  try {
    return { parent: delegateGroup(own, [controller]), prefix: PREFIX, files: [HARMLESS[controller]!] };
  } catch (error) {
    if (error instanceof TsbuildError) return undefined;
    throw error;
  }
}

const sandboxed = testNeeding('sandbox', 'busybox');

function withGroups(
  title: string,
  groups: ControlGroups | undefined,
  run: (t: ExecutionContext, world: World, groups: ControlGroups) => Promise<void>,
): void {
  if (!groups) return void test.skip(`${title} [no such controller is delegated]`, (t) => t.pass());
  sandboxed(title, async (t) => {
    const world = await openWorld({
      name: 'groups',
      open: (paths) =>
        openWorkerSandbox({
          rung: usernsRung,
          paths,
          settings: { groups },
          signal: AbortSignal.timeout(60_000),
        }),
    });
    await run(t, world, groups).finally(() => world.close());
  });
}

const any = Object.keys(HARMLESS)
  .map(groupsWith)
  .find((groups) => groups !== undefined);

withGroups(
  'a step runs in a group of its own, with its limits, and the group goes with it',
  any,
  async (t, w, groups) => {
    const file = groups.files[0]!;
    const seen: string[] = [];
    const { stdout } = await w.run('echo up; cat /proc/self/cgroup; sleep 0.2', {
      onOutput: () =>
        seen.push(
          ...readdirSync(groups.parent)
            .filter((name) => name.startsWith(PREFIX))
            .map((name) => readFileSync(join(groups.parent, name, file.name), 'utf8').trim()),
        ),
    });
    t.is(seen[0], file.value);
    // The group is the top of the step's own view.
    t.regex(stdout, /^0::\/$/m);
    t.deepEqual(
      readdirSync(groups.parent).filter((name) => name.startsWith(PREFIX)),
      [],
    );
  },
);

withGroups('processes that a step leaves behind do not keep its group', any, async (t, w, groups) => {
  await w.run('sleep 1000 & exit 3');
  t.deepEqual(
    readdirSync(groups.parent).filter((name) => name.startsWith(PREFIX)),
    [],
  );
});

withGroups('a limit that the kernel refuses is the fault of the option', any, async (t, _, groups) => {
  const files = groups.files.map((file) => ({ ...file, value: 'nonsense' }));
  const world = await openWorld({
    name: 'refused',
    open: (paths) =>
      openWorkerSandbox({
        rung: usernsRung,
        paths,
        settings: { groups: { ...groups, files } },
        signal: AbortSignal.timeout(60_000),
      }),
  });
  const error = await t.throwsAsync(world.run('true'), { instanceOf: TsbuildError });
  t.is(error?.code, 'OPTION_INVALID');
  t.deepEqual(
    readdirSync(groups.parent).filter((name) => name.startsWith(PREFIX)),
    [],
  );
  await world.close();
});

withGroups(
  'a step that is out of memory is killed as a whole and said to be',
  groupsWith('memory'),
  async (t, w, groups) => {
    const result = await w.run('sh -c "tail /dev/zero"; echo survived');
    t.true(result.isOutOfMemory);
    t.not(result.exitCode, 0);
    t.false(existsSync(join(groups.parent, `${PREFIX}x`)));
  },
);

withGroups('a step cannot have more processes than its limit', groupsWith('pids'), async (t, w) => {
  const { stdout } = await w.run('i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; echo all', {});
  t.notRegex(stdout, /^all$/m);
});
