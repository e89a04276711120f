// node scripts/fuzz-dockerfile.mjs [COUNT=100000] [SEED]: reads mutated Dockerfiles of the corpus (fixtures/vectors/parse.json and
// fixtures/parser) with the compiled sources in build/ (`npm run compile` first; BUILD_DIR names another folder). Whatever the text:
// a result or a TsbuildError, soon; and what is not mutated is accepted or rejected as BuildKit does. The reading is
// done in a thread, so that this one can end it when it hangs.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { mutate, randomFrom } from './fuzz/mutate-dockerfile.mjs';
import { minimise } from './fuzz/minimise.mjs';
import { createReader } from './fuzz/read-dockerfile.mjs';

const root = join(import.meta.dirname, '..');
/** A thread that says nothing for so long hangs: a busy machine may stop it for a while. */
const HANG_MS = 15_000;

function corpus() {
  const vectors = JSON.parse(readFileSync(join(root, 'fixtures/vectors/parse.json'), 'utf8')).map(
    ({ name, dockerfile, expect }) => ({
      name: `vector ${name}`,
      text: dockerfile,
      isRejected: (expect.error ?? expect.semanticError) !== undefined || !expect.stages?.length,
    }),
  );
  const folder = join(root, 'fixtures/parser');
  const golden = readdirSync(folder).map((name) => ({
    name: `fixture ${name}`,
    text: readFileSync(join(folder, name, 'Dockerfile'), 'utf8'),
    isRejected: 'error' in JSON.parse(readFileSync(join(folder, name, 'result.json'), 'utf8')),
  }));
  return [...vectors, ...golden];
}

function inputOf(files, seed, number) {
  return mutate(
    files.map(({ text }) => text),
    randomFrom(seed, number),
  );
}

async function readInThread() {
  const read = await createReader();
  const files = corpus();
  const { seed, first, count } = workerData;
  const say = (message) => parentPort.postMessage(message, []);
  for (let number = first; number < count; number++) {
    say({ number });
    const text = inputOf(files, seed, number);
    const verdict = read(text);
    if (verdict === 'rejected') say({ number, isRejected: true });
    if (!verdict.failure) continue;
    const fails = (shorter) => {
      say({ number });
      return isSameFailure(read(shorter), verdict);
    };
    say({ number, failure: verdict.failure, text: minimise(text, fails) });
  }
}

/** By the first line of the failure; two that take long are alike. */
function isSameFailure(a, b) {
  const kind = ({ failure }) => failure?.split('\n')[0].replace(/\d+ ms/, '');
  return kind(a) === kind(b);
}

/** Inputs `first` to `count`, in a thread that is ended when it hangs. Gives the number to go on with. */
function watch({ seed, first, count }, report) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { seed, first, count } });
    let [current, heard] = [first, performance.now()];
    const timer = setInterval(() => {
      if (performance.now() - heard < HANG_MS) return;
      clearInterval(timer);
      report({ number: current, failure: 'hangs' });
      resolve(worker.terminate().then(() => current + 1));
    }, 1000);
    worker.on('message', (message) => {
      heard = performance.now();
      current = message.number;
      report(message);
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      clearInterval(timer);
      resolve(count);
    });
  });
}

async function main() {
  const count = Number(process.argv[2] ?? 100_000);
  const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 1e9));
  const files = corpus();
  const read = await createReader();
  let [rejected, failed] = [0, 0];
  const fail = (what, failure, text) => {
    failed++;
    console.log(`not ok - ${what}: ${failure}`);
    if (text !== undefined) console.log(`  ${JSON.stringify(text)}`);
  };
  for (const { name, text, isRejected } of files) {
    const verdict = read(text);
    if (verdict.failure) fail(name, verdict.failure, text);
    else if (isRejected !== undefined && isRejected !== (verdict === 'rejected'))
      fail(name, `is ${verdict}`, text);
  }
  for (let first = 0; first < count;) {
    first = await watch({ seed, first, count }, ({ number, isRejected, failure, text }) => {
      if (isRejected) rejected++;
      if (failure) fail(`input ${number}`, failure, text ?? inputOf(files, seed, number));
    });
  }
  console.log(`${count} inputs, ${rejected} rejected, ${failed} failures (seed ${seed})`);
  process.exitCode = failed ? 1 : 0;
}

await (isMainThread ? main() : readInThread());
