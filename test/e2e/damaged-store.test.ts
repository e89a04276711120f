// Every file of a store, damaged in turn: the next build gives the right image, or says what is wrong. What it exports
// has the digests that it says.
import test, { type ExecutionContext } from 'ava';
import { cpSync, lstatSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../src/core/errors.js';
import type { BuildRequest } from '../../src/plan/request.js';
import { assertValidImage } from '../support/assert-valid-image.js';
import { writeEvilImage } from '../support/evil-image.js';
import { builder, type Builder } from '../support/in-process-build.js';

const DOCKERFILE = `FROM base AS first
COPY a /app/
WORKDIR /made
FROM base
COPY --from=first /app /etc/passwd /taken/
COPY --chown=user b /owned/
`;

function flip(path: string, part: number): void {
  const data = readFileSync(path);
  const at = Math.floor((data.length - 1) * part);
  data[at] = data[at]! ^ 1;
  writeFileSync(path, data);
}

const DAMAGES: readonly (readonly [string, (path: string) => void])[] = [
  ['a flipped bit at the start', (path) => flip(path, 0)],
  ['a flipped bit', (path) => flip(path, 0.45)],
  ['another flipped bit', (path) => flip(path, 0.83)],
  ['cut short', (path) => truncateSync(path, Math.floor(lstatSync(path).size / 2))],
  ['empty', (path) => truncateSync(path, 0)],
  ['gone', (path) => rmSync(path)],
];

interface Prepared {
  readonly own: Builder;
  readonly request: (output: string) => Partial<BuildRequest>;
  readonly digest: string | undefined;
  /** A copy of the store as it was. */
  readonly kept: string;
}

async function prepare(t: ExecutionContext): Promise<Prepared> {
  const own = builder(t);
  own.write({ a: 'a'.repeat(3000), b: 'b'.repeat(70_000) });
  const base = join(own.store, '..', 'base');
  const tar = [
    { name: 'etc', type: 'dir' },
    { name: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\nuser:x:7:8::/:/bin/sh\n' },
    { name: 'etc/group', content: 'user:x:8:\n' },
  ] as const;
  writeEvilImage(base, { layers: [tar.map((entry) => ({ ...entry }))] });
  const request = (output: string): Partial<BuildRequest> => ({
    dockerfileText: DOCKERFILE,
    buildContexts: { base: `oci-layout://${base}` },
    buildArgs: { SOURCE_DATE_EPOCH: '1700000000' },
    tags: ['app:1'],
    outputs: [
      { type: 'oci', tar: false, dest: `${output}-oci` },
      { type: 'local', dest: `${output}-local` },
    ],
  });
  const { digest } = await own.build(request(join(own.store, '..', 'first')));
  const kept = join(own.store, '..', 'kept');
  cpSync(own.store, kept, { recursive: true });
  return { own, request, digest, kept };
}

function filesOf(store: string): string[] {
  return (readdirSync(store, { recursive: true, encoding: 'utf8' }) as string[])
    .filter((name) => lstatSync(join(store, name)).isFile())
    .sort();
}

test('a damaged file of the store: the right image, or a failure that says so', async (t) => {
  t.timeout(600_000);
  const { own, request, digest, kept } = await prepare(t);
  const outcomes: string[] = [];
  for (const name of filesOf(kept)) {
    for (const [what, damage] of DAMAGES) {
      rmSync(own.store, { recursive: true });
      cpSync(kept, own.store, { recursive: true });
      damage(join(own.store, name));
      const output = join(own.store, '..', `out-${outcomes.length}`);
      try {
        const result = await own.build(request(output));
        t.is(result.digest, digest, `${name}: ${what}`);
        await assertValidImage(t, `${output}-oci`);
        t.is(readFileSync(`${output}-local/taken/a`, 'utf8'), 'a'.repeat(3000), `${name}: ${what}`);
        t.is(readFileSync(`${output}-local/owned/b`, 'utf8'), 'b'.repeat(70_000), `${name}: ${what}`);
        outcomes.push(`${name}: ${what}: right`);
      } catch (error) {
        t.true(
          error instanceof TsbuildError && error.code !== 'INTERNAL',
          `${name}: ${what}: ${String(error)}`,
        );
        outcomes.push(`${name}: ${what}: ${String(error)}`);
      }
      rmSync(`${output}-oci`, { recursive: true, force: true });
      rmSync(`${output}-local`, { recursive: true, force: true });
    }
  }
  const failed = outcomes.filter((line) => !line.endsWith(': right'));
  // Only the names of images cannot be had again.
  t.deepEqual(
    failed.filter((line) => !line.startsWith('v1/oci/index.json')),
    [],
  );
});
