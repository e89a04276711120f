// node scripts/fuzz/make-seeds.mjs: writes the corpus of scripts/fuzz.mjs that comes from tools and from this project's own writers into
// fixtures/fuzz/. What lies there beside it, inputs that once made a reader fail among them, stays.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { load, root } from './load.mjs';

function keep(target, name, data) {
  const folder = join(root, 'fixtures', 'fuzz', target);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), data);
}

const json = (value) => JSON.stringify(value, null, 1);
const digestOf = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** Archives by GNU tar in each of its formats: long names, links, a hole, deletions as layers have them. */
function makeTars() {
  const script = String.raw`set -e
    d=$(mktemp -d); cd "$d"; mkdir -p t/d t/empty; echo hello > t/d/file; ln -s ../d/file t/link; ln t/d/file t/hard
    : > t/.wh.gone; : > t/d/.wh..wh..opq; mkfifo t/fifo; chmod 4755 t/d/file; ln -s "$(printf 'l%.0s' $(seq 150))" t/longlink
    truncate -s 20000 t/hole; printf x | dd of=t/hole bs=1 seek=9000 conv=notrunc 2>/dev/null
    touch "t/$(printf 'n%.0s' $(seq 150))"
    o="--sort=name --mtime=@1700000000.5 --owner=0 --group=0 --numeric-owner -b1"
    tar $o --format=gnu -cf gnu t; tar $o --format=pax --pax-option=delete=atime,delete=ctime,exthdr.name=p -cf pax t
    tar $o --format=gnu -S -cf sparse t/hole; tar $o --format=pax --sparse-version=1.0 -S -cf pax-sparse t/hole
    tar $o --format=v7 -cf v7 t/d; tar $o --format=ustar -cf ustar t/d t/link
    tar $o --format=pax --pax-option=globexthdr.name=g,comment=x -cf global t/d; echo "$d"`;
  const folder = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim();
  const read = (name) => execFileSync('cat', [join(folder, name)], { maxBuffer: 1 << 24 });
  for (const name of ['gnu', 'pax', 'v7', 'ustar', 'global', 'sparse', 'pax-sparse'])
    keep('tar', `${name === 'sparse' ? 'bad-' : ''}${name}.tar`, read(name));
  execFileSync('rm', ['-rf', folder]);
}

function makeCompressed() {
  const text = Buffer.from('a layer, and a layer, and a layer; '.repeat(40));
  const compress = (program, ...args) => execFileSync(program, ['-c', ...args], { input: text });
  keep('gzip', 'plain.gz', gzipSync(text));
  keep('gzip', 'two-members.gz', Buffer.concat([gzipSync(text), gzipSync('more')]));
  keep('gzip', 'stored.gz', gzipSync(text.subarray(0, 64), { level: 0 }));
  keep('zstd', 'plain.zst', compress('zstd', '-3'));
  keep('zstd', 'checked.zst', Buffer.concat([compress('zstd', '-19', '--check'), compress('zstd', '-1')]));
  keep(
    'zstd',
    'skippable.zst',
    Buffer.concat([Buffer.from('502a4d18030000006162', 'hex'), Buffer.from('c'), compress('zstd')]),
  );
  keep('bzip2', 'plain.bz2', compress('bzip2', '-1'));
  keep('bzip2', 'two-streams.bz2', Buffer.concat([compress('bzip2'), compress('bzip2')]));
  keep('xz', 'plain.xz', compress('xz', '-0'));
  keep('xz', 'crc32.xz', compress('xz', '-0', '--check=crc32'));
  keep('xz', 'delta.xz', compress('xz', '--delta=dist=4', '--lzma2=preset=0'));
}

function makeDocuments() {
  const descriptor = (mediaType, more) => ({
    mediaType: `application/vnd.${mediaType}`,
    digest: digestOf(mediaType),
    size: 123,
    ...more,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('oci.image.config.v1+json'),
    layers: [descriptor('oci.image.layer.v1.tar+gzip', { annotations: { a: 'b' } })],
  };
  keep('manifest', 'oci.json', json(manifest));
  const docker = 'docker.distribution.manifest';
  keep(
    'manifest',
    'docker.json',
    json({ ...manifest, mediaType: `application/vnd.${docker}.v2+json`, annotations: null }),
  );
  const platform = (os, architecture, variant) => ({
    platform: { os, architecture, ...(variant && { variant }) },
  });
  const manifests = [
    descriptor('oci.image.manifest.v1+json', platform('linux', 'amd64')),
    descriptor('oci.image.manifest.v1+json', platform('linux', 'arm', 'v7')),
    descriptor('oci.image.manifest.v1+json', {
      ...platform('unknown', 'unknown'),
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    }),
  ];
  keep('image-index', 'oci.json', json({ schemaVersion: 2, manifests }));
  keep(
    'image-index',
    'docker.json',
    json({ schemaVersion: 2, mediaType: `application/vnd.${docker}.list.v2+json`, manifests }),
  );
  const config = {
    created: '2026-01-02T03:04:05.678901234Z',
    author: 'a',
    architecture: 'arm',
    variant: 'v7',
    os: 'linux',
    config: {
      User: '1:2',
      ExposedPorts: { '80/tcp': {} },
      Env: ['PATH=/bin', 'A=b'],
      Entrypoint: ['/e'],
      Cmd: null,
      Volumes: { '/v': {} },
      WorkingDir: '/w',
      Labels: { l: 'm' },
      StopSignal: 'SIGTERM',
      ArgsEscaped: true,
      Shell: ['/bin/sh', '-c'],
      OnBuild: ['RUN x'],
      Healthcheck: { Test: ['CMD', 'x'], Interval: 1e9, Retries: 3 },
    },
    rootfs: { type: 'layers', diff_ids: [digestOf('a'), digestOf('b')] },
    history: [{ created: '2026-01-02T03:04:05Z', created_by: 'x', comment: 'c' }, { empty_layer: true }, {}],
  };
  keep('image-config', 'full.json', json(config));
  keep(
    'image-config',
    'small.json',
    json({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }),
  );
  keep(
    'token',
    'token.json',
    json({ token: 'abc.def-ghi', expires_in: 300, issued_at: '2026-01-02T03:04:05Z' }),
  );
  keep('token', 'access-token.json', json({ access_token: 'abc', refresh_token: 'r', scope: 's' }));
  keep(
    'challenge',
    'bearer',
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull"',
  );
  keep(
    'challenge',
    'two',
    'Basic realm="a \\"b\\" c", charset=UTF-8, Bearer realm=https://x/y , error="invalid_token"',
  );
  const auth = Buffer.from('user:pass').toString('base64');
  keep(
    'docker-config',
    'docker.json',
    json({
      auths: { 'https://index.docker.io/v1/': { auth }, 'registry.example:5000/a': { identitytoken: 't' } },
      credsStore: 'x',
      HttpHeaders: {},
    }),
  );
  keep(
    'docker-config',
    'podman.json',
    json({
      auths: { 'quay.io/a/b': { auth, username: 'u', password: 'p' } },
      credHelpers: { 'gcr.io': 'gcloud' },
    }),
  );
}

function makeTexts() {
  keep(
    'ignore-file',
    'usual',
    '# what is not sent\n.git\nnode_modules\n**/*.log\n!important.log\n/build/**\n  spaced  \nsrc/[a-c]?*.ts\n',
  );
  keep('ignore-file', 'allow-list', '*\n!src\n!package*.json\nsrc/**/test\n\\!name\n');
  keep(
    'mount',
    'cache',
    'type=cache,id=npm,target=/root/.npm,sharing=locked,uid=1000,gid=1000,mode=0755,from=base,source=a',
  );
  keep('mount', 'secret', 'type=secret,id=a,"target=/run/a,b",required=true,env=TOKEN');
  keep(
    'mount',
    'flags',
    '--mount=type=bind,src=.,dst=/x,rw --link=false --chown=1:2 --exclude=*.a --exclude=*.b',
  );
  const options = {
    output: 'type=oci,dest=out.tar,compression=zstd,compression-level=3,rewrite-timestamp=true',
    secret: 'id=a,src=f',
  };
  Object.assign(options, {
    reference: 'registry.example:5000/a/b:tag@' + digestOf('a'),
    platform: 'linux/arm64/v8',
  });
  Object.assign(options, {
    git: 'https://user@git.example/a/b.git#refs/heads/main:sub/dir',
    query: 'https://git.example/a.git?ref=v1&subdir=x',
  });
  Object.assign(options, {
    ssh: 'git@git.example:a/b.git',
    host: 'a:[::1]',
    ulimit: 'nofile=1024:2048',
    date: 'Tue, 15 Nov 1994 08:12:31 GMT',
  });
  for (const [name, text] of Object.entries(options)) keep('option', name, text);
  const lines = [Buffer.from('0000000501020304', 'hex'), Buffer.from('000000010b', 'hex')];
  keep('ssh-agent', 'identities', Buffer.concat(lines));
  keep('ssh-agent', 'sign', Buffer.from('0000000e0d000000016b00000001640000', 'hex'));
}

async function makeStoreFiles() {
  const [{ encodeIndex }, { encodeStatRecords }] = await Promise.all(
    ['layer/index-codec', 'context/stat-records'].map(load),
  );
  const node = { mode: 0o644, uid: 1, gid: 2, size: 0, mtime: 1700000000, mtimeNsec: 5 };
  const content = { kind: 'layer', diffId: digestOf('a'), offset: 512 };
  const entries = [
    { kind: 'node', path: 'a', node: { ...node, type: 'dir', mode: 0o755 } },
    {
      kind: 'node',
      path: 'a/f',
      node: { ...node, type: 'file', size: 3, content, sha256: 'b'.repeat(64), xattrs: { 'user.a': 'b' } },
    },
    { kind: 'hardlink', path: 'a/h', target: 'a/f' },
    { kind: 'node', path: 'a/s', node: { ...node, type: 'symlink', link: '../x' } },
    { kind: 'node', path: 'c', node: { ...node, type: 'char', devMajor: 1, devMinor: 3 } },
    { kind: 'whiteout', path: 'gone' },
    { kind: 'opaque', path: 'a' },
  ];
  keep('layer-index', 'all-kinds', Buffer.concat(encodeIndex(entries)));
  keep('layer-index', 'empty', Buffer.concat(encodeIndex([])));
  const stamp = (n) => ({ dev: 1n, ino: BigInt(n), size: 10n, mtimeNs: 1700000000000000000n, ctimeNs: -1n });
  const records = [1, 2, 2 ** 40].map((n) => ({
    stamp: stamp(n),
    sha256: Buffer.alloc(32, n % 255).toString('hex'),
    idle: n % 4,
  }));
  keep('stat-cache', 'three', encodeStatRecords(records, 1700000000000));
  keep('stat-cache', 'none', encodeStatRecords([], 0));
  const digest = digestOf('a');
  keep(
    'store-record',
    'step',
    json({ diffId: digest, size: 9, created: '2026-01-02T03:04:05Z', inputs: {} }),
  );
  keep(
    'store-record',
    'download',
    json({ url: 'https://files.example/a', digest, sizeBytes: 1, etag: '"x"', lastModified: 'y' }),
  );
  keep('store-record', 'reference', json({ reference: 'a', platform: 'linux/amd64', manifest: digest }));
  const annotations = { 'org.opencontainers.image.ref.name': 'a' };
  keep(
    'store-record',
    'names',
    json({ schemaVersion: 2, manifests: [{ mediaType: 'x', digest, size: 1, annotations }] }),
  );
}

makeTars();
makeCompressed();
makeDocuments();
makeTexts();
await makeStoreFiles();
