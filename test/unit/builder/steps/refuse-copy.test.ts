import test from 'ava';
import { refuseCopy } from '../../../../src/builder/steps/refuse-copy.js';
import type { CopyStep } from '../../../../src/plan/step.js';

const STEP = { kind: 'add', sources: ['a'], excludes: [] } as unknown as CopyStep;
const DIGEST = `sha256:${'a'.repeat(64)}`;

test('what BuildKit refuses of a COPY or ADD before anything runs', (t) => {
  const refused = (step: Partial<CopyStep>) =>
    t.throws(() => refuseCopy({ ...STEP, ...step }))?.message ?? '';
  t.regex(refused({ chmod: 'nonsense' }), /nonsense/);
  t.regex(refused({ checksum: DIGEST }), /requires HTTP\(S\) or Git sources/);
  t.regex(refused({ checksum: DIGEST, sources: ['http://h/a', 'http://h/b'] }), /multiple sources/);
  t.regex(refused({ kind: 'copy', sources: ['http://h/a'] }), /can't be a URL for COPY/);
  t.regex(refused({ kind: 'copy', sources: ['https://h/a.git'] }), /can't be a git ref for COPY/);
  t.regex(refused({ sources: ['http://h/a'], checksum: 'md5:1' }), /unsupported digest/);
  t.regex(refused({ sources: ['https://h/a.git?keep-git-dir=true'], keepGitDir: false }), /keep-git-dir/);
});

test('what passes', (t) => {
  const steps: Partial<CopyStep>[] = [
    { kind: 'copy', sources: ['a', 'b'], chmod: '0644' },
    { sources: ['http://h/a', 'c'] },
    { sources: ['http://h/a'], checksum: DIGEST },
  ];
  for (const step of steps) t.notThrows(() => refuseCopy({ ...STEP, ...step }));
});
