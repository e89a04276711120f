// The process that reads the inputs of one target: node run-inputs.mjs JOB, with the job as JSON: { name, seed, first, count, deadline }
// or { name, file }. Says on standard output, a line of JSON each and before it goes on, which input comes next and what was found.
import { readFileSync, writeSync } from 'node:fs';
import { createJudge, isSameFailure } from './judge.mjs';
import { load } from './load.mjs';
import { minimise } from './minimise.mjs';
import { randomFrom } from './random.mjs';
import { seedsOf } from './seeds.mjs';
import { TARGETS } from './targets.mjs';

/** Kinds of failures so far: each is made short and told once. */
const known = [];

const say = (message) => void writeSync(1, `${JSON.stringify(message)}\n`);

/** The seeds as they are come first, then what is made of them. */
function inputOf({ target, seeds }, { seed }, number) {
  if (number < seeds.length) return seeds[number];
  const corpus = seeds.map(({ bytes }) => bytes);
  return { name: `input ${number}`, bytes: target.mutate(corpus, randomFrom(seed, number)) };
}

async function readOne(judge, number, { name, bytes, isRejected }) {
  say({ number });
  const verdict = await judge(bytes);
  if (!verdict.failure) {
    const isAsExpected = isRejected === undefined || isRejected === (verdict === 'rejected');
    if (!isAsExpected) say({ number, failure: `${name} is ${verdict}`, bytes: bytes.toString('base64') });
    return say({ number, verdict });
  }
  if (known.some((other) => isSameFailure(other, verdict))) return;
  known.push(verdict);
  // Should the search for a shorter one hang or die, then this one is known.
  say({ number, candidate: verdict.failure, bytes: bytes.toString('base64') });
  const shortest = await minimise(bytes, async (shorter) => {
    say({ number });
    return isSameFailure(await judge(shorter), verdict);
  });
  say({ number, failure: verdict.failure, bytes: shortest.toString('base64') });
}

const job = JSON.parse(process.argv[2]);
const target = TARGETS.find(({ name }) => name === job.name);
const { TsbuildError } = await load('core/errors');
const judge = createJudge(await target.reader(), TsbuildError);
if (job.file !== undefined)
  await readOne(judge, 0, { name: job.file, bytes: readFileSync(job.file), isRejected: undefined });
else {
  const source = { target, seeds: seedsOf(target) };
  if (source.seeds.length === 0) throw new Error(`${job.name} has no seeds`);
  const isDue = (number) => number < source.seeds.length || (number < job.count && Date.now() < job.deadline);
  for (let number = job.first; isDue(number); number++)
    await readOne(judge, number, inputOf(source, job, number));
}
say({ isDone: true });
