// What executes commands knows nothing of Dockerfiles: containers will use it too.
import test from 'ava';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../support/project-root.js';

/** The instruction; a verb or the word of another program (`docker run`) is none. */
const SAYS = [/\bRUN\b/, /\brun step/i];

for (const room of ['sandbox', 'rootfs', 'worker'])
  test(`src/${room} says nothing of RUN`, (t) => {
    const folder = join(projectRoot, 'src', room);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.ts$|\.s$/.test(name),
    );
    const found = files.flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .flatMap((line, i) =>
          SAYS.some((words) => words.test(line)) ? [`${name}:${i + 1}: ${line.trim()}`] : [],
        ),
    );
    t.deepEqual(found, []);
  });
