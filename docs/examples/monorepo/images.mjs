// Builds an image of each package: after those that it depends on, and else at the same time. A package that fails
// keeps back what depends on it; all others are built.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, formatError, printProgress, TsbuildError } from 'tsbuild-oci';

/** Folders of the packages by name, with the names that each depends on. */
function readPackages(root) {
  const found = readdirSync(root).map((folder) => {
    const path = join(root, folder);
    const { name, dependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    return { name, path, dependencies: Object.keys(dependencies) };
  });
  const names = new Set(found.map(({ name }) => name));
  return found.map((one) => ({ ...one, needs: one.dependencies.filter((name) => names.has(name)) }));
}

async function main() {
  const packages = readPackages('packages');
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort(new Error('interrupted')));
  const engine = createEngine({ signal: controller.signal });
  const progress = await printProgress();

  const begun = new Map();
  const buildOne = ({ name, path, needs }) =>
    Promise.all(needs.map((need) => buildNamed(need))).then(() =>
      engine.build({ context: path, tags: [`${name}:dev`] }, { onEvent: progress.named(name) }),
    );
  const buildNamed = (name) => {
    if (!begun.has(name)) begun.set(name, buildOne(packages.find((one) => one.name === name)));
    return begun.get(name);
  };

  const results = await Promise.allSettled(packages.map(({ name }) => buildNamed(name)));
  await engine.close();

  const told = new Set();
  for (const [at, result] of results.entries()) {
    const { name } = packages[at];
    if (result.status === 'fulfilled') console.log(`${name}: ${result.value.digest}`);
    else if (told.has(result.reason)) console.log(`${name}: not built`);
    else {
      console.log(`${name}: failed`);
      process.stderr.write(await formatError(result.reason));
      told.add(result.reason);
    }
  }
  const isAborted = [...told].some((error) => error instanceof TsbuildError && error.code === 'ABORTED');
  process.exitCode = isAborted ? 130 : told.size > 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
