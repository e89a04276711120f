// An error is copied by one method, and a copy loses nothing.
import test from 'ava';
import fc from 'fast-check';
import { ERROR_CODES, errorTable, exitStatusOf, invariant, TsbuildError } from '../../../src/core/errors.js';

const location = fc.record(
  {
    file: fc.string(),
    startLine: fc.nat(),
    endLine: fc.nat(),
    text: fc.string(),
  },
  { requiredKeys: ['file', 'startLine', 'endLine'] },
);
const details = fc.record({
  hint: fc.option(fc.string(), { nil: undefined }),
  location: fc.option(location, { nil: undefined }),
  exitCode: fc.option(fc.nat(255), { nil: undefined }),
  log: fc.string(),
  cause: fc.constantFrom(undefined, new Error('cause')),
});
const changes = fc.record(
  {
    code: fc.constantFrom(...ERROR_CODES),
    message: fc.string(),
    hint: fc.option(fc.string(), { nil: undefined }),
    location: fc.option(location, { nil: undefined }),
    exitCode: fc.option(fc.nat(255), { nil: undefined }),
  },
  { requiredKeys: [] },
);

/** Everything an error says, whatever fields are added to it. */
function fieldsOf(error: TsbuildError): Record<string, unknown> {
  const {
    stack: _stack,
    cause: _cause,
    ...own
  } = Object.fromEntries(
    Object.getOwnPropertyNames(error).map((name) => [name, error[name as keyof TsbuildError]]),
  );
  return own;
}

test('a copy has every field of the error that is not said anew', (t) => {
  const property = fc.property(
    fc.constantFrom(...ERROR_CODES),
    fc.string(),
    details,
    changes,
    (code, text, given, said) => {
      const error = new TsbuildError(code, text, given);
      const copy = error.with(said);
      t.deepEqual(fieldsOf(copy), { ...fieldsOf(error), ...said });
      t.is(copy.cause, given.cause ?? error);
    },
  );
  fc.assert(property);
});

test('a cause is replaced, or taken away, when that is said', (t) => {
  const error = new TsbuildError('COPY_NOT_FOUND', 'a', { cause: new Error('with a secret') });
  const other = new Error('other');
  t.is(error.with({ cause: other }).cause, other);
  t.false('cause' in error.with({ cause: undefined }));
});

test('the first place is kept, since it is the more exact one', (t) => {
  const first = { file: 'Dockerfile', startLine: 3, endLine: 3 };
  const error = new TsbuildError('STEP_EXIT_NONZERO', 'a', { exitCode: 3 }).at(first);
  t.is(error.location, first);
  t.is(error.exitCode, 3);
  t.is(error.at({ ...first, startLine: 4 }), error);
});

test('the family of a code gives the exit status', (t) => {
  t.is(exitStatusOf('STEP_EXIT_NONZERO'), 1);
  t.is(exitStatusOf('OPTION_UNKNOWN'), 2);
  t.is(exitStatusOf('STORE_FULL'), 7);
  t.is(exitStatusOf('INTERNAL'), 70);
});

test('an invariant that is broken is a bug and no TsbuildError', (t) => {
  t.notThrows(() => invariant(true, 'a'));
  const error = t.throws(() => invariant(0, 'zero'), { message: 'internal invariant broken: zero' });
  t.false(error instanceof TsbuildError);
});

test('the table has every code once, with its exit status', (t) => {
  const table = errorTable();
  t.is(new Set(table.map(({ code }) => code)).size, table.length);
  for (const { code, exit } of table) t.is(exit, exitStatusOf(code));
  t.deepEqual(table[0], { code: 'STEP_EXIT_NONZERO', family: 'step', exit: 1 });
});
