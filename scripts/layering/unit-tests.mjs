// Whether test/unit mirrors src: every file of some rooms is imported by a unit test directly, and every folder of tests is one of src.
import { transformSync } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Rooms of which no file may go without a test of its own. */
const TESTED_ROOMS = ['builder', 'cache', 'images'];

const isUnitTest = (source) => /^test\/unit\/.*\.test\.ts$/.test(source);
const isInTestedRoom = (source) => new RegExp(`^src/(${TESTED_ROOMS.join('|')})/.*\\.ts$`).test(source);

/** A file of types alone has nothing to test. */
function exportsValues(source) {
  const { code } = transformSync(readFileSync(source, 'utf8'), { loader: 'ts', format: 'esm' });
  return /^export\b/m.test(code);
}

/** @param modules as dependency-cruiser gives them. @returns lines to print, one for each complaint */
export function unitTestComplaints(modules) {
  const tests = modules.filter(({ source }) => isUnitTest(source));
  const imported = new Set(
    tests.flatMap(({ dependencies }) =>
      dependencies
        .filter(({ dependencyTypes }) => !dependencyTypes.includes('type-only'))
        .map(({ resolved }) => resolved),
    ),
  );
  const untested = modules
    .map(({ source }) => source)
    .filter((source) => isInTestedRoom(source) && !imported.has(source) && exportsValues(source));
  const stray = tests.filter(({ source }) => !existsSync(dirname(source).replace(/^test\/unit/, 'src')));
  return [
    ...untested.map((source) => `unit-tests: no test in test/unit imports ${source}`),
    ...stray.map(({ source }) => `unit-tests: src/ has no folder for ${source}`),
  ];
}
