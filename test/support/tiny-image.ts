// A base image of one layer made from the machine's busybox: a shell and its applets, users and groups, /tmp.
// Deterministic.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execFileSync } from 'node:child_process';
import { Header } from 'tar';

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly link?: string;
  readonly content?: Buffer;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface TinyImage {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layer: Descriptor;
  /** Every blob by its digest, the manifest included. */
  readonly blobs: ReadonlyMap<string, Buffer>;
}

const APPLETS = [
  'sh',
  'cat',
  'ls',
  'id',
  'echo',
  'mkdir',
  'rm',
  'sleep',
  'stat',
  'chmod',
  'chown',
  'touch',
  'dd',
  'env',
  'true',
  'false',
];
const PASSWD =
  'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\napp:x:1000:1000::/home/app:/bin/sh\n';
const GROUP = 'root:x:0:\nnobody:x:65534:\napp:x:1000:\nextra:x:1001:app\n';

function typeOf({ path, link }: Entry): 'Directory' | 'SymbolicLink' | 'File' {
  if (path.endsWith('/')) return 'Directory';
  return link === undefined ? 'File' : 'SymbolicLink';
}

function encodeEntry(entry: Entry): Buffer[] {
  const { path, mode, uid = 0, gid = 0, link = '', content = Buffer.alloc(0) } = entry;
  const header = new Header({
    path,
    mode,
    uid,
    gid,
    size: content.length,
    mtime: new Date(0),
    type: typeOf(entry),
    linkpath: link,
  });
  const block = Buffer.alloc(512);
  header.encode(block, 0);
  return [block, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

/** An uncompressed layer tar of these entries. */
export function tarOf(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(encodeEntry), Buffer.alloc(1024)]);
}

function busybox(): Buffer {
  return readFileSync(execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim());
}

function entriesOfBase(): Entry[] {
  const text = (path: string, content: string): Entry => ({
    path,
    mode: 0o644,
    content: Buffer.from(content),
  });
  return [
    { path: 'bin/', mode: 0o755 },
    { path: 'bin/busybox', mode: 0o755, content: busybox() },
    ...APPLETS.map((name) => ({ path: `bin/${name}`, mode: 0o777, link: 'busybox' })),
    { path: 'dev/', mode: 0o755 },
    { path: 'etc/', mode: 0o755 },
    text('etc/group', GROUP),
    text('etc/passwd', PASSWD),
    { path: 'home/', mode: 0o755 },
    { path: 'home/app/', mode: 0o755, uid: 1000, gid: 1000 },
    { path: 'proc/', mode: 0o755 },
    { path: 'root/', mode: 0o700 },
    { path: 'sys/', mode: 0o755 },
    { path: 'tmp/', mode: 0o1777 },
  ];
}

function sha256(data: Buffer): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/** Assembles the image of one gzip layer. */
export function makeTinyImage(): TinyImage {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, data: Buffer): Descriptor => {
    const descriptor = { mediaType, digest: sha256(data), size: data.length };
    blobs.set(descriptor.digest, data);
    return descriptor;
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const tar = tarOf(entriesOfBase());
  const layer = add('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(tar));
  const config = add(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
      rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'tiny' }],
    }),
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = add(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }));
  return { manifest, config, layer, blobs };
}

/** Writes the image as an OCI layout with one name. */
export function writeLayout(image: TinyImage, directory: string, name: string): void {
  const blobs = join(directory, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  for (const [digest, data] of image.blobs) writeFileSync(join(blobs, digest.slice('sha256:'.length)), data);
  writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const annotations = { 'org.opencontainers.image.ref.name': name };
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...image.manifest, annotations }] }),
  );
}
