import test from 'ava';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delegateGroup } from '../../../../src/sandbox/cgroup/delegate-group.js';
import { TsbuildError } from '../../../../src/core/errors.js';

/** A directory with the files of a group; plain files take what is written to them. */
function groupWith(controllers: string, enabled: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-group-'));
  writeFileSync(join(directory, 'cgroup.controllers'), `${controllers}\n`);
  writeFileSync(join(directory, 'cgroup.subtree_control'), enabled);
  writeFileSync(join(directory, 'cgroup.procs'), '');
  return directory;
}

test('controllers that are missing for children are enabled, others are left alone', (t) => {
  const directory = groupWith('cpu memory pids', 'pids\n');
  t.is(delegateGroup({ directory, isTop: false }, ['memory', 'cpu', 'pids']), directory);
  t.is(readFileSync(join(directory, 'cgroup.subtree_control'), 'utf8'), '+memory +cpu');
});

test('after an earlier build has moved tsbuild to a child, the group above is used', (t) => {
  const directory = groupWith('memory', 'memory');
  t.is(delegateGroup({ directory: join(directory, 'tsbuild'), isTop: false }, ['memory']), directory);
});

test('what is not there is refused by name, with the command that helps', (t) => {
  const refusals = [
    [undefined, /^--resource: this host has no control groups of version 2$/],
    [groupWith('pids', ''), /^--resource: the control group \S+ has no controller memory, cpu$/],
    [
      '/nonexistent/group',
      /^--resource: the control group \/nonexistent\/group is not delegated to this user \(ENOENT\)$/,
    ],
  ] as const;
  for (const [directory, message] of refusals) {
    const own = directory === undefined ? undefined : { directory, isTop: false };
    const error = t.throws(() => delegateGroup(own, ['memory', 'cpu']), { instanceOf: TsbuildError });
    t.is(error?.code, 'SANDBOX_NO_CGROUP');
    t.regex(error?.message ?? '', message);
    t.regex(error?.hint ?? '', /systemd-run .*-p Delegate=yes/);
  }
});
