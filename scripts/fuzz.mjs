// node scripts/fuzz.mjs [TARGET...] [--seconds N | --inputs N] [--seed S]: gives mutated inputs to every reader of foreign bytes, or to
// those named, with the compiled sources in build/ (`npm run compile` first; BUILD_DIR names another folder). Default: 600 seconds for
// all. Whatever the bytes: a value or a TsbuildError, soon, in bounded memory, the same every time.
//   node scripts/fuzz.mjs TARGET --file PATH    reads one input again
// What fails is made short and written to tsbuild-fuzz/ in the directory for temporary files, with the command that repeats it.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom } from './fuzz/random.mjs';
import { seedsOf } from './fuzz/seeds.mjs';
import { TARGETS } from './fuzz/targets.mjs';
import { watchInputs } from './fuzz/watch-inputs.mjs';

const DEFAULT_SECONDS = 600;
/** A reader that fails on one input fails on many. */
const MAX_FAILURES = 20;

function readCommandLine() {
  const text = { type: 'string' };
  const options = { seconds: text, inputs: text, seed: text, file: text };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.filter((name) => !TARGETS.some((target) => target.name === name));
  if (unknown.length > 0)
    throw new Error(
      `no target ${unknown.join(', ')}; there is ${TARGETS.map(({ name }) => name).join(', ')}`,
    );
  const targets = positionals.length > 0 ? TARGETS.filter(({ name }) => positionals.includes(name)) : TARGETS;
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
  const inputs = values.inputs === undefined ? Infinity : Number(values.inputs);
  const seconds = Number(values.seconds ?? (values.inputs === undefined ? DEFAULT_SECONDS : Infinity));
  if ([seed, inputs, seconds].some(Number.isNaN))
    throw new Error('--seconds, --inputs and --seed are numbers');
  return { targets, seed, inputs, seconds: seconds / targets.length, file: values.file };
}

/** The input that a process did not live to tell. */
function lostInput(target, seed, number) {
  const seeds = seedsOf(target);
  if (number < seeds.length) return seeds[number].bytes;
  return target.mutate(
    seeds.map(({ bytes }) => bytes),
    randomFrom(seed, number),
  );
}

function keepFailure(target, bytes) {
  const folder = join(tmpdir(), 'tsbuild-fuzz');
  mkdirSync(folder, { recursive: true });
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const path = join(folder, `${target.name}-${digest}`);
  writeFileSync(path, bytes);
  return path;
}

function jobOf(target, { seed, inputs, seconds, file }) {
  if (file !== undefined) return { name: target.name, file };
  const count = Math.min(seedsOf(target).length + inputs, Number.MAX_SAFE_INTEGER);
  // Numbers that JSON has no Infinity for.
  const deadline = Math.min(Date.now() + seconds * 1000, Number.MAX_SAFE_INTEGER);
  return { name: target.name, seed, count, deadline };
}

/** How many different failures there are. */
async function fuzz(target, command) {
  const tally = { accepted: 0, rejected: 0 };
  const failures = new Set();
  await watchInputs(jobOf(target, command), ({ number, verdict, failure, bytes }) => {
    if (verdict) tally[verdict]++;
    if (!failure) return;
    const kind = failure.split('\n')[0];
    if (failures.has(kind) || failures.size >= MAX_FAILURES) return;
    failures.add(kind);
    const input =
      bytes === undefined ? lostInput(target, command.seed, number) : Buffer.from(bytes, 'base64');
    console.log(`not ok - ${target.name}, input ${number}: ${failure}`);
    console.log(
      `  repeat: node scripts/fuzz.mjs ${target.name} --file ${command.file ?? keepFailure(target, input)}`,
    );
  });
  const { accepted, rejected } = tally;
  console.log(`${target.name}: ${accepted} accepted, ${rejected} rejected, ${failures.size} failures`);
  return failures.size;
}

const command = readCommandLine();
if (command.file === undefined) console.log(`seed ${command.seed}`);
let failed = 0;
for (const target of command.targets) failed += (await fuzz(target, command)) > 0 ? 1 : 0;
console.log(`${command.targets.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
