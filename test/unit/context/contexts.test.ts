// Named contexts before anything uses them.
import test from 'ava';
import { builder } from '../../support/in-process-build.js';

const dockerfileText = 'FROM scratch\nCOPY file /\n';

test('a directory that is not there is refused, whether it is used or not', async (t) => {
  const of = builder(t);
  of.write({ file: 'f' });
  for (const [value, message] of [
    ['absent', /^the named context other: .*"[^"]*\/absent" not found$/],
    [process.execPath, /^the named context other: path "[^"]*" is not a directory$/],
  ] as const) {
    const error = await of.fail({ dockerfileText, buildContexts: { other: value } });
    t.is(error.code, 'CONTEXT_NOT_FOUND');
    t.regex(error.message, message);
  }
});

test('what must be fetched is not looked at before it is used', async (t) => {
  const of = builder(t);
  of.write({ file: 'f' });
  const buildContexts = {
    image: 'docker-image://registry.invalid/a',
    repository: 'https://registry.invalid/a.git',
    page: 'https://registry.invalid/a',
  };
  await t.notThrowsAsync(of.build({ dockerfileText, buildContexts }));
});
