// What is measured. A case makes its context in a directory; `isWarm`: the cache is used; `before` changes something before each run.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { context, fileTree, randomFile, tarOfFiles } from './contexts.mjs';

const lines = (count, line) => Array.from({ length: count }, (_, i) => line(i)).join('\n');

function application(dir, base, files) {
  const dockerfile = `FROM ${base}
WORKDIR /app
ENV NODE_ENV=production
COPY package.json ./
RUN echo deps > deps.txt
COPY . .
RUN echo built > built.txt
EXPOSE 3000
USER 1000
HEALTHCHECK CMD node -e 1
LABEL org.opencontainers.image.title=app
CMD ["node", "src/p0/d0/f0.js"]
`;
  return context(dir, dockerfile, () => {
    fileTree(join(dir, 'src'), { files, meanBytes: 8000, seed: 7 });
    writeFileSync(join(dir, 'package.json'), '{"name":"app"}');
  });
}

const editOne = (dir, i) =>
  writeFileSync(join(dir, 'src/p0/d0/f0.js'), `run ${process.hrtime.bigint()} ${i}`);

function copied(dir, image, files, meanBytes) {
  return context(dir, `FROM ${image}\nCOPY files /files\n`, () =>
    fileTree(join(dir, 'files'), { files, meanBytes, seed: 11 }),
  );
}

const unpacked = (small) =>
  `FROM ${small}\nRUN --mount=type=bind,target=/src tar xf /src/files.tar -C /opt || (mkdir -p /opt && tar xf /src/files.tar -C /opt)\n`;

const STAGES = ['a', 'b', 'c', 'd'];

const stages = (small) =>
  `${STAGES.map((s) => `FROM ${small} AS ${s}\nRUN sleep 1 && echo ${s} > /${s}`).join('\n')}
FROM ${small}
${STAGES.map((s) => `COPY --from=${s} /${s} /${s}`).join('\n')}
`;

/** @param small an image with a shell and tar @param base an image with a few thousand files */
export function peerCases({ small, base }) {
  return [
    { name: 'noop', isWarm: true, make: (dir) => application(dir, base, 1500) },
    { name: 'edit', isWarm: true, make: (dir) => application(dir, base, 1500), before: editOne },
    { name: 'copy20k', make: (dir) => copied(dir, small, 20_000, 8000) },
    {
      name: 'run20k',
      make: (dir) =>
        context(dir, unpacked(small), () =>
          tarOfFiles(join(dir, 'files.tar'), { files: 20_000, meanBytes: 8000, seed: 13 }),
        ),
    },
    {
      name: 'runs30',
      make: (dir) => context(dir, `FROM ${small}\n${lines(30, (i) => `RUN echo ${i} > /f${i}`)}\n`),
    },
    {
      name: 'big1g',
      make: (dir) =>
        context(dir, `FROM ${small}\nCOPY big.bin /big.bin\n`, () => randomFile(join(dir, 'big.bin'), 1024)),
    },
    { name: 'stages4', make: (dir) => context(dir, stages(small)) },
  ];
}

/** Cases that grow: each `size` is one point of a line in the plot. No base image and no RUN, so that only the builder is measured. */
export const SCALING = [
  {
    name: 'files, first COPY',
    unit: 'files',
    sizes: [1000, 10_000, 100_000],
    make: (dir, files) => copied(dir, 'scratch', files, 200),
  },
  {
    name: 'files, nothing changed',
    unit: 'files',
    isWarm: true,
    sizes: [1000, 10_000, 100_000],
    make: (dir, files) => copied(dir, 'scratch', files, 200),
  },
  {
    name: 'layers',
    unit: 'layers',
    sizes: [1, 12, 127],
    make: (dir, count) => context(dir, `FROM scratch\n${lines(count, (i) => `COPY Dockerfile /f${i}`)}\n`),
  },
  {
    name: 'steps that make no layer',
    unit: 'steps',
    sizes: [10, 100, 1000],
    make: (dir, count) =>
      context(dir, `FROM scratch\n${lines(count, (i) => `ENV V${i}=${i}`)}\nCOPY Dockerfile /\n`),
  },
];
