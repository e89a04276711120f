// Other tools accept what a build puts out: skopeo reads it, umoci unpacks it, docker loads it.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testNeeding } from '../support/requirements.js';
import { assertBuilt, workspace, type Workspace } from '../support/workspace.js';

const files = {
  Dockerfile:
    'FROM scratch\nCOPY a.txt /data/\nWORKDIR /data\nENV A=b\nLABEL kind=test\nCMD ["/data/a.txt"]\nHEALTHCHECK CMD ["/x"]\n',
  'a.txt': 'a',
};

async function layoutOf(t: ExecutionContext, space: Workspace): Promise<string> {
  const layout = join(space.root, 'image');
  assertBuilt(t, await space.build(['-t', 'peer:1', '--output', `type=oci,dest=${layout},tar=false`]));
  return layout;
}

testNeeding('skopeo')('skopeo inspects and copies an OCI layout', async (t) => {
  const space = workspace(t, files);
  const layout = await layoutOf(t, space);
  const image = JSON.parse(
    execFileSync('skopeo', ['inspect', `oci:${layout}`], { encoding: 'utf8' }),
  ) as Record<string, unknown>;
  t.deepEqual(image['Labels'], { kind: 'test' });
  t.is(image['Os'], 'linux');
  const copied = `dir:${join(space.root, 'copied')}`;
  t.notThrows(() => execFileSync('skopeo', ['copy', '-q', '--insecure-policy', `oci:${layout}`, copied]));
});

testNeeding('skopeo')('skopeo reads an image by its name in the store', async (t) => {
  const space = workspace(t, files);
  assertBuilt(t, await space.build(['-t', 'peer:1']));
  const store = join(space.store, 'v1', 'oci');
  const output = execFileSync('skopeo', ['inspect', '--config', `oci:${store}:docker.io/library/peer:1`], {
    encoding: 'utf8',
  });
  const { config } = JSON.parse(output) as { config: Record<string, unknown> };
  t.deepEqual(config['Cmd'], ['/data/a.txt']);
});

testNeeding('umoci')('umoci unpacks it', async (t) => {
  const space = workspace(t, files);
  const layout = await layoutOf(t, space);
  const bundle = join(space.root, 'bundle');
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: { annotations: Record<string, string> }[];
  };
  const name = manifests[0]?.annotations['org.opencontainers.image.ref.name'] ?? '';
  execFileSync('umoci', ['unpack', '--rootless', '--image', `${layout}:${name}`, bundle], { stdio: 'pipe' });
  t.is(readFileSync(join(bundle, 'rootfs', 'data', 'a.txt'), 'utf8'), 'a');
});

testNeeding('docker')('docker loads it', async (t) => {
  const space = workspace(t, files);
  const archive = join(space.root, 'image.tar');
  const name = `peer-${process.pid}:1`;
  assertBuilt(t, await space.build(['-t', name, '--output', `type=docker,dest=${archive}`]));
  t.regex(
    execFileSync('docker', ['load', '-i', archive], { encoding: 'utf8' }),
    new RegExp(`Loaded image: ${name}`),
  );
  t.teardown(() => void execFileSync('docker', ['rmi', name]));
  const [image] = JSON.parse(execFileSync('docker', ['image', 'inspect', name], { encoding: 'utf8' })) as [
    { Config: Record<string, unknown> },
  ];
  t.true((image.Config['Env'] as string[]).includes('A=b'));
  t.is(image.Config['WorkingDir'], '/data');
  t.deepEqual(image.Config['Cmd'], ['/data/a.txt']);
});
