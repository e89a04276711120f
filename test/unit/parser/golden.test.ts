// Golden folders: fixtures/parser/<case>/Dockerfile parses to <case>/result.json. UPDATE_GOLDEN=1 rewrites the results.
import test from 'ava';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { TsbuildError, type SourceLocation } from '../../../src/core/errors.js';
import { parseDockerfile } from '../../../src/parser/parse-dockerfile.js';

const ROOT = 'fixtures/parser';
const isUpdate = process.env.UPDATE_GOLDEN === '1';

if (isUpdate && process.env.CI !== undefined && process.env.CI !== '') {
  throw new Error('UPDATE_GOLDEN is refused in CI: results are rewritten by hand and reviewed');
}

function lines({ startLine, endLine }: SourceLocation): string {
  return startLine === endLine ? `${startLine}` : `${startLine}-${endLine}`;
}

function isLocation(value: unknown): value is SourceLocation {
  return typeof value === 'object' && value !== null && 'startLine' in value && 'file' in value;
}

/** Places become their lines: the text that a place carries is the file itself. */
function replacer(key: string, value: unknown): unknown {
  return key === 'location' && isLocation(value) ? lines(value) : value;
}

function resultOf(text: string): unknown {
  try {
    const { escape, directives, globalArgs, stages, warnings } = parseDockerfile(text, 'Dockerfile');
    return { escape, directives, globalArgs, stages, warnings };
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    return { error: { code: error.code, message: error.message, location: error.location } };
  }
}

const cases = readdirSync(ROOT);

test('there are cases for every instruction', (t) => {
  const all = cases.map((name) => readFileSync(`${ROOT}/${name}/Dockerfile`, 'utf8')).join('\n');
  const keywords =
    'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR';
  for (const keyword of keywords.split(' ')) t.regex(all, new RegExp(`^${keyword}\\b`, 'm'));
});

for (const name of cases) {
  test(`golden: ${name}`, (t) => {
    const text = readFileSync(`${ROOT}/${name}/Dockerfile`, 'utf8');
    const actual = `${JSON.stringify(resultOf(text), replacer, 2)}\n`;
    const file = `${ROOT}/${name}/result.json`;
    if (isUpdate) writeFileSync(file, actual);
    t.true(existsSync(file), `${file} is missing: run with UPDATE_GOLDEN=1`);
    t.deepEqual<unknown, unknown>(JSON.parse(actual), JSON.parse(readFileSync(file, 'utf8')));
  });
}
