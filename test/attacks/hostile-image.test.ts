// Base images whose files and documents are not what a builder expects: accounts, working directories, mount points,
// configurations.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../../src/core/errors.js';
import { attack, attackNeeding, type AttackWorld, type Defence } from '../support/attack.js';
import { makeEvilImage, shellLayer } from '../support/evil-image.js';
import type { EvilEntry } from '../support/evil-tars.js';

const attackRun = attackNeeding('sandbox', 'busybox');
const link = (name: string, target: string): EvilEntry => ({ name, type: 'symlink', link: target });

const REGULAR: Defence = [
  'src/layer/accounts/account-files.ts',
  "view.get(trace.path)?.type === 'file' ? trace.path : undefined",
];
const BOUNDED: Defence = ['src/layer/accounts/account-files.ts', 'view.read(path, MAX_ACCOUNT_FILE_BYTES)'];

const ACCOUNTS: readonly (readonly [string, (out: string) => readonly EvilEntry[]])[] = [
  [
    'a link to a file of the host',
    (out) => [link('etc/passwd', `${out}/secret`), link('etc/group', `${out}/secret`)],
  ],
  [
    'a link of dots to the host',
    () => [link('etc/passwd', '../../../../../../etc/passwd'), link('etc/group', '../../../etc/group')],
  ],
  ['a link to /dev/zero', () => [link('etc/passwd', '/dev/zero'), link('etc/group', '/dev/zero')]],
  ['a device', () => [{ name: 'etc/passwd', type: 'char', devices: [1, 5] }]],
  [
    'a FIFO',
    () => [
      { name: 'etc/passwd', type: 'fifo' },
      { name: 'etc/group', type: 'fifo' },
    ],
  ],
  [
    'a directory',
    () => [
      { name: 'etc/passwd', type: 'dir' },
      { name: 'etc/group', type: 'dir' },
    ],
  ],
  ['in an /etc that is a link out', (out) => [link('etc', out)]],
  ['in a circle of links', () => [link('etc/passwd', 'group'), link('etc/group', 'passwd')]],
];

const UNKNOWN: readonly ErrorCode[] = ['COPY_OWNER', 'STEP_USER_NOT_FOUND'];

for (const [title, entries] of ACCOUNTS) {
  attack('CVE-2024-9676', `--chown by name, /etc/passwd is ${title}`, REGULAR, async (_, world) => {
    world.write({ a: 'a' });
    const evil = world.image('evil', { layers: [entries(world.outside)] });
    await world.refused(
      { dockerfileText: 'FROM evil\nCOPY --chown=daemon:daemon a /\n', buildContexts: { evil } },
      UNKNOWN,
    );
  });

  attackRun('CVE-2024-9676', `USER by name and RUN, /etc/passwd is ${title}`, REGULAR, async (_, world) => {
    const evil = world.image('evil', { layers: [shellLayer(), entries(world.outside)] });
    await world.refused(
      { dockerfileText: 'FROM evil\nUSER daemon\nRUN id\n', buildContexts: { evil } },
      UNKNOWN,
    );
  });
}

attack('CVE-2024-9676', 'an /etc/passwd of 11 MiB is not read', BOUNDED, async (_, world) => {
  world.write({ a: 'a' });
  const content = Buffer.alloc(11 * 1024 * 1024, 'daemon:x:1:1::/:/bin/sh\n');
  const evil = world.image('evil', { layers: [[{ name: 'etc/passwd', content }]] });
  await world.refused({ dockerfileText: 'FROM evil\nCOPY --chown=daemon a /\n', buildContexts: { evil } }, [
    'LAYER_LIMIT',
  ]);
});

for (const workdir of ['/w/made', '/w', '/w/../w/made', '/chain/made', '/w/folder/inner-dir']) {
  attack(
    'GHSA-q6r4-3wmg-fwcq',
    `WORKDIR ${workdir}, where /w leads to the host, is made in the image`,
    ['src/layer/copy/make-directory.ts', 'resolvePath('],
    async (t, world) => {
      const evil = world.image('evil', { layers: [[link('w', world.outside), link('chain', 'w')]] });
      const { files } = await world.build({
        dockerfileText: `FROM evil\nUSER 12:34\nWORKDIR ${workdir}\nCOPY <<end file\nx\nend\n`,
        buildContexts: { evil },
      });
      t.true(lstatSync(join(files, 'w')).isSymbolicLink());
      t.true(existsSync(join(files, world.outside)));
    },
  );
}

attackRun(
  'CVE-2024-21626',
  'WORKDIR /proc/self/fd/N does not lead a step out',
  ['src/rootfs/path-in-root.ts', 'found.device === options.procDevice && isMagicLink(text)'],
  async (t, world) => {
    const evil = world.image('evil', { layers: [shellLayer(), [link('fd', '/proc/self/fd/3')]] });
    for (const workdir of [
      '/proc/self/fd/3',
      '/proc/self/fd/7',
      '/fd/..',
      '/proc/1/root',
      '/proc/self/cwd',
    ]) {
      const outcome = await world.attempt({
        dockerfileText: `FROM evil\nWORKDIR ${workdir}\nRUN cat ./secret ../secret ${world.outside}/secret; ls . > /seen; true\n`,
        buildContexts: { evil },
      });
      if (!('error' in outcome))
        t.false(readFileSync(join(outcome.files, 'seen'), 'utf8').includes('secret'));
    }
  },
);

const PLACES = ['dev', 'proc', 'sys', 'etc', 'etc/resolv.conf', 'etc/hosts', 'tmp', 'run', 'root'];
for (const place of PLACES) {
  attackRun(
    'CVE-2026-41579, CVE-2025-31133',
    `RUN on an image whose /${place} is a link out`,
    ['src/rootfs/path-in-root.ts', "if (text.startsWith('/')) unwind(0);"],
    async (t, world) => {
      for (const target of [
        world.outside,
        `../../../../../..${world.outside}`,
        `/proc/1/root${world.outside}`,
      ]) {
        const evil = world.image(`evil${target.length}`, {
          layers: [
            shellLayer(),
            [{ name: `.wh.${place}` }].filter(() => !place.includes('/')),
            [link(place, target)],
          ],
        });
        const outcome = await world.attempt({
          dockerfileText: `FROM evil\nWORKDIR /${place}/made\nRUN --mount=type=secret,id=s,target=/${place}/s --mount=type=tmpfs,target=/${place}/t cat /${place}/secret; touch /${place}/planted; rm -f /${place}/empty; true\n`,
          buildContexts: { evil },
          secrets: [{ id: 's', value: Buffer.from('shared-with-the-step') }],
        });
        if ('error' in outcome)
          t.true(
            [
              'LAYER_UNSAFE',
              'SANDBOX_FAILED',
              'STEP_NOT_FOUND',
              'STEP_EXIT_NONZERO',
              'COPY_CONFLICT',
            ].includes(outcome.error.code),
            `${outcome.error.code} ${outcome.error.message}`,
          );
      }
    },
  );
}

const CONFIGS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['without rootfs', { rootfs: undefined }],
  ['with a null rootfs', { rootfs: null }],
  ['with diff ids that are no list', { rootfs: { type: 'layers', diff_ids: 'sha256:x' } }],
  ['with fewer diff ids than layers', { rootfs: { type: 'layers', diff_ids: [] } }],
  ['with a diff id of dots', { rootfs: { type: 'layers', diff_ids: ['sha256:../../../x'] } }],
  ['with a diff id of another layer', { rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } }],
  ['with a number in the place of Env', { config: { Env: 7 } }],
  ['with objects in Env', { config: { Env: [{ a: 1 }] } }],
  ['with a number in the place of OnBuild', { config: { OnBuild: 7 } }],
  ['with a WorkingDir that is no text', { config: { WorkingDir: ['/'] } }],
  ['with labels that are no texts', { config: { Labels: { a: { b: 1 } } } }],
  ['with a history that is no list', { history: 'x' }],
  ['with an architecture that is no text', { architecture: { toString: 1 } }],
  ['that is a list', { config: [] }],
];

for (const [title, config] of CONFIGS) {
  attack(
    'CVE-2024-3727',
    `an image configuration ${title} is an error or nothing, never a crash`,
    ['src/core/digest.ts', 'parseDigest'],
    async (t, world) => {
      const evil = world.image('evil', { layers: [[{ name: 'a', content: 'a' }]], config });
      const outcome = await world.attempt({
        dockerfileText: 'FROM evil\nENV B=1\nWORKDIR w\nCOPY --from=evil a /b\nLABEL x=y\n',
        buildContexts: { evil },
      });
      t.true('error' in outcome ? outcome.error.code !== 'INTERNAL' : existsSync(outcome.files));
    },
  );
}

const one: readonly EvilEntry[] = [{ name: 'a', content: 'a' }];
const sound = makeEvilImage({ layers: [one] });
const layers = sound.document['layers'] as Record<string, unknown>[];
const bad = (fields: Record<string, unknown>) => [{ ...layers[0], ...fields }];
const DOCUMENTS: readonly (readonly [string, string, Defence, Parameters<AttackWorld['image']>[1]])[] = [
  [
    'CVE-2021-41190',
    'a manifest that is an index too',
    ['src/registry/document.ts', 'the document is a manifest and an index at once'],
    { layers: [one], manifest: { manifests: layers } },
  ],
  [
    'CVE-2021-41190',
    'a manifest that calls itself an index',
    ['src/registry/document.ts', 'but it calls itself'],
    { layers: [one], manifest: { mediaType: 'application/vnd.oci.image.index.v1+json' } },
  ],
  [
    'CVE-2024-3727',
    'a layer digest of dots',
    ['src/registry/document.ts', "parseDigest(value['digest'], what);"],
    { layers: [one], manifest: { layers: bad({ digest: 'sha256:../../../../../../etc/passwd' }) } },
  ],
  [
    'CVE-2024-3727',
    'a layer digest of an unknown kind',
    ['src/registry/document.ts', "parseDigest(value['digest'], what);"],
    { layers: [one], manifest: { layers: bad({ digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' }) } },
  ],
  [
    'CVE-2024-3727',
    'a config without digest',
    ['src/registry/document.ts', "parseDigest(value['digest'], what);"],
    { layers: [one], manifest: { config: {} } },
  ],
  [
    'ggcr#2204',
    'a layer that is longer than it says',
    ['src/layer/verified-stream.ts', 'if (expect.size !== undefined && size > expect.size)'],
    { layers: [one], manifest: { layers: bad({ size: 10 }) } },
  ],
  [
    'ggcr#2204',
    'a layer that is shorter than it says',
    ['src/layer/verified-stream.ts', 'if (expect.size !== undefined && size !== expect.size)'],
    { layers: [one], manifest: { layers: bad({ size: 100_000 }) } },
  ],
  [
    'ggcr#2204',
    'a layer of a negative size',
    ['src/registry/document.ts', 'a descriptor without a usable size'],
    { layers: [one], manifest: { layers: bad({ size: -1 }) } },
  ],
  [
    'ggcr#1711',
    'layers that are no list',
    ['src/registry/document.ts', "throw protocol(what, 'not a list')"],
    { layers: [one], manifest: { layers: { length: 1 } } },
  ],
  [
    'CVE-2024-3727',
    'an index with a digest of dots',
    ['src/core/digest.ts', 'parseDigest'],
    { layers: [one], index: { manifests: [{ ...sound.manifest, digest: 'sha256:../../../oci-layout' }] } },
  ],
  [
    'ggcr#1711',
    'an index without manifests',
    ['src/registry/document.ts', "throw protocol(what, 'not a list')"],
    { layers: [one], index: { manifests: undefined } },
  ],
  [
    'ggcr#1711',
    'an index of null',
    ['src/registry/document.ts', "throw protocol(what, 'not a descriptor')"],
    { layers: [one], index: { manifests: [null] } },
  ],
];

const REFUSALS: readonly ErrorCode[] = [
  'REGISTRY_PROTOCOL',
  'REGISTRY_DIGEST_MISMATCH',
  'REGISTRY_PLATFORM',
  'CONTEXT_NOT_FOUND',
  'CONTEXT_UNREADABLE',
  'IMAGE_INVALID',
  'LAYER_INVALID',
];

for (const [ids, title, defence, image] of DOCUMENTS) {
  attack(ids, `OCI layout with ${title}`, defence, async (_, world) => {
    const evil = world.image('evil', image);
    await world.refused(
      { dockerfileText: 'FROM evil\nCOPY --from=evil a /b\n', buildContexts: { evil } },
      REFUSALS,
    );
  });
}

attack(
  'CVE-2024-3727',
  'OCI layout whose files are links, FIFOs, changed or endless gives no file of the host',
  ['src/layer/verified-stream.ts', 'if (expect.digest !== undefined && digest !== expect.digest)'],
  async (t, world) => {
    const { manifest, document } = sound;
    const named = (descriptor: unknown): string =>
      (descriptor as { digest: string }).digest.slice('sha256:'.length);
    const blobs = [named(manifest), named(document['config']), named(layers[0])];
    for (const [i, blob] of blobs.entries()) {
      const evil = world.image(`linked${i}`, { layers: [one] });
      const path = join(evil.slice('oci-layout://'.length), 'blobs', 'sha256', blob);
      rmSync(path);
      symlinkSync(join(world.outside, 'secret'), path);
      await world.refused(
        { dockerfileText: 'FROM evil\nCOPY --from=evil a /b\n', buildContexts: { evil } },
        REFUSALS,
      );
    }
    const evil = world.image('changed', { layers: [one] });
    const path = join(evil.slice('oci-layout://'.length), 'blobs', 'sha256', blobs[2]!);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    await world.refused(
      { dockerfileText: 'FROM evil\nCOPY --from=evil a /b\n', buildContexts: { evil } },
      REFUSALS,
    );
    t.pass();
  },
);

for (const name of ['index.json', 'manifest'] as const) {
  attack(
    'ggcr#2204',
    `OCI layout whose ${name} is a FIFO or has 1 GB is refused unread`,
    ['src/host/read-small-file.ts', 'if (total > maxBytes)'],
    async (_, world) => {
      for (const kind of ['fifo', 'huge']) {
        const evil = world.image(kind, { layers: [one] });
        const directory = evil.slice('oci-layout://'.length);
        const path =
          name === 'index.json'
            ? join(directory, name)
            : join(directory, 'blobs', 'sha256', sound.manifest.digest.slice('sha256:'.length));
        if (kind === 'huge') truncateSync(path, 1024 ** 3);
        else {
          rmSync(path);
          execFileSync('mkfifo', [path]);
        }
        await world.refused({ dockerfileText: 'FROM evil\n', buildContexts: { evil } }, REFUSALS);
      }
    },
  );
}
