// Runs check-golden.py and judges what depends on the day: `useradd` writes into /etc/shadow on which day it ran, and the golden image holds
// the day on which that was made. Such a case counts as passed when nothing else of its image differs.
//   node scripts/ci/check-golden.mjs PROGRAM [ARGUMENT...]    the program's own output, then `N passed, N failed`
import { spawnSync } from 'node:child_process';

/** Cases that add users, and the files that then have a day in them. */
const DATED = { 'kaniko-user_run': ['etc/shadow', 'etc/shadow-'] };

const [program, ...args] = process.argv.slice(2);
const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
process.stderr.write(stderr);

/** `FAIL CLASS CASE`, and below it what differs, a line of JSON each. */
function failures() {
  return stdout
    .split(/^FAIL \S+ /m)
    .slice(1)
    .map((text) => {
      const [name, ...lines] = text.split('\n');
      return {
        name,
        differences: lines.filter((line) => line.startsWith('     ')).map((line) => line.trim()),
      };
    });
}

/** Whether two files of the same length are all the difference: `{"path", "differs": ["data"], "A": {"data": "LENGTH:SHA256"}, "B"}`. */
function isOfDay({ name, differences }) {
  const files = DATED[name];
  return files !== undefined && differences.length > 0 && differences.every((line) => isDayIn(files, line));
}

function isDayIn(files, line) {
  try {
    const { path, differs, A, B } = JSON.parse(line);
    const lengthOf = ({ data }) => data.split(':')[0];
    return files.includes(path) && differs.join() === 'data' && lengthOf(A) === lengthOf(B);
  } catch {
    // Text of a build that failed.
    return false;
  }
}

const [, passed, failed] = /^(\d+) passed, (\d+) failed/m.exec(stdout) ?? [0, 0, 1];
const dated = failures().filter(isOfDay);
process.stdout.write(stdout.replace(/^\d+ passed, \d+ failed$/m, ''));
for (const { name } of dated) console.log(`${name}: equal but for the day in it`);
const missed = Number(failed) - dated.length;
console.log(`${Number(passed) + dated.length} passed, ${missed} failed`);
process.exitCode = missed === 0 ? 0 : 1;
