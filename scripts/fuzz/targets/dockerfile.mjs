// Dockerfiles, read as a build does up to the plan. What is not mutated is accepted or rejected as BuildKit does: the corpus is
// fixtures/vectors/parse.json and fixtures/parser.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../load.mjs';
import { byteMutator } from '../mutate-bytes.mjs';
import { mutateDockerfile } from '../mutate-dockerfile.mjs';
import { createReader } from '../read-dockerfile.mjs';

const mutateBytes = byteMutator(['FROM a\n', '\\\n', '<<EOF\n', '\nEOF\n', '# escape=`\n', '\xff', '\xc3']);

function corpus() {
  const vectors = JSON.parse(readFileSync(join(root, 'fixtures/vectors/parse.json'), 'utf8')).map(
    ({ name, dockerfile, expect }) => ({
      name: `vector ${name}`,
      bytes: Buffer.from(dockerfile),
      isRejected: (expect.error ?? expect.semanticError) !== undefined || !expect.stages?.length,
    }),
  );
  const folder = join(root, 'fixtures/parser');
  const golden = readdirSync(folder).map((name) => ({
    name: `fixture ${name}`,
    bytes: readFileSync(join(folder, name, 'Dockerfile')),
    isRejected: 'error' in JSON.parse(readFileSync(join(folder, name, 'result.json'), 'utf8')),
  }));
  return [...vectors, ...golden];
}

export const dockerfileTarget = {
  name: 'dockerfile',
  moreSeeds: corpus,
  mutate(seeds, random) {
    if (random(5) === 0) return mutateBytes(seeds, random);
    const text = mutateDockerfile(
      seeds.map((bytes) => bytes.toString()),
      random,
    );
    return Buffer.from(text);
  },
  reader: createReader,
};
