// What the script of the container commands does not hold: the other commands, and the functions that only they call.
import { readFileSync } from 'node:fs';

const MODULES =
  /\/src\/((build|bake|check|create-engine|doctor)|cli\/commands\/(build|check|doctor)|api\/(bake|read-targets|init-project|create-manifest|inspect-manifest|inspect-attestations|push|login|logout|load|save|prune|debug-build|images|remove-images|tag|inspect|history|pull|disk-usage))\.ts$/;
const ROW = /^ {2}'?([a-z-]+)'?: async \(\)/;

/** The words of CONTAINER_WORDS in src/cli/other-words.ts. */
function containerWords() {
  const [, list] = /CONTAINER_WORDS = \[([^\]]*)\]/.exec(readFileSync('src/cli/other-words.ts', 'utf8'));
  return new Set([...list.matchAll(/'([a-z-]+)'/g)].map(([, word]) => word));
}

function exportsOf(path) {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/^export (?:async )?(?:const|function\*?) (\w+)/gm)].map(([, name]) => name);
}

function requireUnused(left, commands) {
  for (const path of commands)
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/\bapi\.(\w+)\(/g))
      if (left.has(name))
        throw new Error(`${path} calls ${name}, which the script of containers does not hold`);
}

export const onlyContainers = {
  name: 'only-containers',
  setup({ onLoad, onEnd }) {
    const words = containerWords();
    const left = new Set();
    onLoad({ filter: /\/src\/cli\/other-commands\.ts$/ }, ({ path }) => {
      const lines = readFileSync(path, 'utf8').split('\n');
      const isKept = (line) => !ROW.test(line) || words.has(ROW.exec(line)[1]);
      return { contents: lines.filter(isKept).join('\n'), loader: 'ts' };
    });
    onLoad({ filter: MODULES }, ({ path }) => {
      const names = exportsOf(path);
      for (const name of names) left.add(name);
      return { contents: names.map((name) => `export const ${name} = undefined;`).join('\n') };
    });
    onEnd(({ metafile }) => {
      const inputs = Object.keys(metafile.inputs);
      requireUnused(
        left,
        inputs.filter((path) => path.startsWith('src/cli/commands/') && !MODULES.test(`/${path}`)),
      );
    });
  },
};
