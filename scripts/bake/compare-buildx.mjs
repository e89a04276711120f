// Compares `tsbuild bake --print` with that of a real buildx, on the definitions of cases.mjs. What is printed must be equal, and what
// is refused must be refused by both.
//   node scripts/bake/compare-buildx.mjs PATH-OF-DOCKER-BUILDX [CASE...]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { CASES } from './cases.mjs';
import { ON_PURPOSE } from './on-purpose.mjs';

const TSBUILD = fileURLToPath(new URL('../../bin/tsbuild.js', import.meta.url));
const [buildx, ...asked] = process.argv.slice(2);
if (!buildx) {
  console.error('usage: node scripts/bake/compare-buildx.mjs PATH-OF-DOCKER-BUILDX [CASE...]');
  process.exit(2);
}
const root = mkdtempSync(join(tmpdir(), 'tsbuild-bake-'));
// Older versions look for the agent too.
const SSH_AUTH_SOCK = join(root, 'agent');
const agent = createServer().listen(SSH_AUTH_SOCK);

function printed(program, args, { cwd, env }) {
  const run = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: { HOME: root, PATH: process.env.PATH, SSH_AUTH_SOCK, ...env },
  });
  return run.status === 0
    ? { value: normal(JSON.parse(unescaped(run.stdout))) }
    : {
        error: run.stderr
          .trim()
          .split('\n')
          .filter((line) => !line.startsWith('#'))
          .join('\n'),
      };
}

const unescaped = (text) => text.replaceAll('$${', '${').replaceAll('%%{', '%{');

/** Attributes that are written as CSV by older versions of buildx, and as objects by newer ones. */
const OF_CSV = new Set(['output', 'cache-from', 'cache-to', 'secret', 'ssh', 'attest']);

/** What newer versions print otherwise: the group default always and in order, attributes as objects, texts as templates. */
function normal({ group = {}, target = {} }) {
  const groups = Object.entries(group).map(([name, { targets }]) => [name, [...targets].sort()]);
  const isAdded = ([name, targets]) => name === 'default' && isDeepStrictEqual(targets, ['default']);
  const targets = Object.entries(target).map(([name, attributes]) => [name, attributesOf(attributes)]);
  return {
    group: Object.fromEntries(groups.filter((one) => !isAdded(one))),
    target: Object.fromEntries(targets),
  };
}

function attributesOf(attributes) {
  const { output, ...others } = attributes;
  // buildx before 0.14 does not print that a target is only linked to.
  const isLinked = isDeepStrictEqual(output, [{ type: 'cacheonly' }]);
  const kept = isLinked || output === undefined ? others : { ...others, output };
  return Object.fromEntries(
    Object.entries(kept).map(([key, value]) => [
      key,
      OF_CSV.has(key) ? value.map((row) => rowOf(key, row)).sort(byText) : value,
    ]),
  );
}

const textOf = (row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
const byText = (a, b) => (textOf(a) < textOf(b) ? -1 : 1);

function rowOf(key, row) {
  if (typeof row !== 'string') return row;
  if (key === 'ssh') {
    const [id, paths] = row.split('=');
    return { id, ...(paths && { paths: paths.split(',') }) };
  }
  const fields = row
    .split(',')
    .map((field) =>
      field.includes('=')
        ? [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]
        : [undefined, field],
    );
  if (fields.length === 1 && fields[0][0] === undefined) {
    if (key === 'output') return { type: 'local', dest: row };
    return { type: 'registry', ref: row };
  }
  return Object.fromEntries(fields);
}

let equal = 0;
let purposes = 0;
const refused = [];
for (const [name, { files, args, env }] of Object.entries(CASES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const cwd = mkdtempSync(join(root, 'case-'));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(cwd, path), text);
  mkdirSync(join(cwd, 'c'));
  // Older versions look for the files of secrets.
  for (const path of ['s', 'b', 'r', 'file', 'token']) writeFileSync(join(cwd, path), '');
  const words = ['bake', '--print', ...args];
  const theirs = printed(buildx, words, { cwd, env });
  const ours = printed(process.execPath, [TSBUILD, ...words], { cwd, env });
  const isEqual =
    theirs.error !== undefined ? ours.error !== undefined : isDeepStrictEqual(theirs.value, ours.value);
  if (theirs.error && ours.error)
    refused.push(
      `${name}\n    ${theirs.error.split('\n').at(-1)}\n    ${ours.error.split('\n').find((line) => line.startsWith('ERROR'))}`,
    );
  if (isEqual) equal++;
  else if (ON_PURPOSE[name] !== undefined) purposes++;
  else {
    process.exitCode = 1;
    console.log(`DIFFERS ${name}`);
    console.log(`  buildx:  ${theirs.error ?? JSON.stringify(theirs.value)}`);
    console.log(`  tsbuild: ${ours.error ?? JSON.stringify(ours.value)}`);
  }
}
if (process.env.VERBOSE) console.log(`refused by both:\n  ${refused.join('\n  ')}`);
console.log(`${equal} equal, ${purposes} different on purpose`);
agent.close();
rmSync(root, { recursive: true });
