import test from 'ava';
import { gitSourceOf } from '../../../../src/builder/steps/git-source.js';
import { parseGitSource } from '../../../../src/context/git/parse-git-ref.js';

const ref = (url: string) => parseGitSource(url)!;

test('URL and flags say the same things, each alone or both alike', (t) => {
  const plain = ref('https://h/a.git');
  t.deepEqual(gitSourceOf(plain, {}), plain);
  t.true(gitSourceOf(plain, { keepGitDir: true }).keepGitDir);
  t.is(gitSourceOf(plain, { checksum: 'abc123' }).checksum, 'abc123');
  const kept = ref('https://h/a.git?keep-git-dir=true');
  t.true(gitSourceOf(kept, { keepGitDir: true }).keepGitDir);
});

test('what they say differently is refused', (t) => {
  const kept = ref('https://h/a.git?keep-git-dir=true&checksum=abcdef1');
  for (const flags of [{ keepGitDir: false }, { checksum: '1234567' }])
    t.like(
      t.throws(() => gitSourceOf(kept, flags)),
      {
        code: 'DOCKERFILE_SYNTAX',
        hint: 'say it in the URL or with the flag',
      },
    );
});
