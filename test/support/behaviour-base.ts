// The `busybox` that the behaviours of the language are built on: every applet they use, the accounts they name,
// nothing else. An OCI layout on disk, so that a build needs no registry.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tarOf, writeLayout, type Descriptor } from './tiny-image.js';

const APPLETS =
  'sh cat ls id ln pwd echo mkdir rm rmdir mv cp stat chmod chown touch env true false date readlink test printf sleep'.split(
    ' ',
  );

const ACCOUNTS = {
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\ndaemon:x:7:8:daemon:/usr/sbin:/bin/false\napp:x:1000:1000::/home/app:/bin/sh\n',
  'etc/group': 'root:x:0:\ndaemon:x:8:\napp:x:1000:\nextra:x:1001:app\nother:x:1002:\n',
} as const;

/** `adduser -D NAME`, which the busybox of some distributions lacks. */
const ADDUSER = `#!/bin/sh
echo "$2:x:1003:1003::/home/$2:/bin/sh" >> /etc/passwd
echo "$2:x:1003:" >> /etc/group
mkdir /home/$2 && chown 1003:1003 /home/$2
`;

const DIRECTORIES = ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'run', 'sys', 'usr'] as const;

/** Static busybox of this machine, which is also `/bin/busybox` of the base. */
export function readBusybox(): Buffer {
  return readFileSync(execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim());
}

function layerTar(): Buffer {
  return tarOf([
    ...DIRECTORIES.map((name) => ({ path: `${name}/`, mode: 0o755 })),
    { path: 'tmp/', mode: 0o1777 },
    { path: 'bin/busybox', mode: 0o755, content: readBusybox() },
    { path: 'bin/adduser', mode: 0o755, content: Buffer.from(ADDUSER) },
    ...APPLETS.map((name) => ({ path: `bin/${name}`, mode: 0o777, link: 'busybox' })),
    ...Object.entries(ACCOUNTS).map(([path, text]) => ({ path, mode: 0o644, content: Buffer.from(text) })),
  ]);
}

function sha256(data: Buffer): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/**
 * Writes the base as a layout with the one image `latest`.
 * @param config Members of its config beside Env and Cmd
 */
export function writeBehaviourBase(directory: string, config: Readonly<Record<string, unknown>> = {}): void {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, data: Buffer): Descriptor => {
    const descriptor = { mediaType, digest: sha256(data), size: data.length };
    blobs.set(descriptor.digest, data);
    return descriptor;
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const tar = layerTar();
  const layer = add('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(tar, { level: 1 }));
  const document = add(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: { Env: ['PATH=/bin'], Cmd: ['sh'], ...config },
      rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'busybox' }],
    }),
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = add(mediaType, json({ schemaVersion: 2, mediaType, config: document, layers: [layer] }));
  writeLayout({ manifest, config: document, layer, blobs }, directory, 'latest');
}
