// Lists of images, details and histories are those of docker for the same image; tags and removals in the layout are
// read by skopeo.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRealRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const DOCKERFILE = `FROM scratch
LABEL team=web a.b="c d"
COPY a /a
ENV A=b
EXPOSE 80
VOLUME /data
USER 7:8
WORKDIR /w
STOPSIGNAL SIGINT
SHELL ["/bin/sh", "-ec"]
ONBUILD COPY . .
HEALTHCHECK --interval=5s CMD ["/a", "x"]
ENTRYPOINT ["/a"]
CMD ["b"]
`;

async function built(t: ExecutionContext, name: string) {
  const space = workspace(t, { Dockerfile: DOCKERFILE, a: 'content' });
  const archive = join(space.root, 'image.tar');
  assertBuilt(t, await space.build(['-t', name, '--output', `type=docker,dest=${archive}`]));
  const out = async (...args: readonly string[]): Promise<string> => {
    const run = await runTsbuild(args, { store: space.store });
    t.is(run.code, 0, run.stderr);
    return run.stdout.toString();
  };
  return { ...space, archive, out };
}

type Members = Readonly<Record<string, unknown>>;

/** Absent, null and empty are one for docker's versions; Go writes a second's fraction without zeros at its end. */
function settled(members: Members, names: readonly string[]): Members {
  const isEmpty = (value: unknown) =>
    value === undefined || value === null || value === '' || value === false;
  const shown = (value: unknown) => (typeof value === 'string' ? value.replace(/\.?0*Z$/, 'Z') : value);
  return Object.fromEntries(
    names.filter((name) => !isEmpty(members[name])).map((name) => [name, shown(members[name])]),
  );
}

const MEMBERS = [
  'Id',
  'RepoTags',
  'RepoDigests',
  'Comment',
  'Created',
  'Author',
  'Architecture',
  'Variant',
  'Os',
  'RootFS',
];
const CONFIG = [
  'User',
  'Env',
  'Cmd',
  'Entrypoint',
  'WorkingDir',
  'Labels',
  'ExposedPorts',
  'Volumes',
  'StopSignal',
  'Healthcheck',
  'Shell',
  'OnBuild',
];

testNeeding('docker')('inspect, history and images say what docker says', async (t) => {
  const name = `tsbuild-images-${process.pid}:1`;
  const { archive, out } = await built(t, name);
  const docker = (...args: readonly string[]): string => execFileSync('docker', args, { encoding: 'utf8' });
  docker('load', '-i', archive);
  t.teardown(() => void docker('rmi', name));
  const [theirs] = JSON.parse(docker('image', 'inspect', name)) as [Members & { readonly Config: Members }];
  const [ours] = JSON.parse(await out('inspect', name)) as [Members & { readonly Config: Members }];
  t.deepEqual(settled(ours, MEMBERS), settled(theirs, MEMBERS));
  t.deepEqual(settled(ours.Config, CONFIG), settled(theirs.Config, CONFIG));

  const steps = '{{.ID}} {{.CreatedBy}} {{.Comment}}';
  t.is(
    await out('history', '--no-trunc', '--format', steps, name),
    docker('history', '--no-trunc', '--format', steps, name),
  );
  const row = '{{.Repository}}|{{.Tag}}|{{.ID}}|{{.Digest}}|{{.CreatedAt}}';
  for (const more of [[], ['--no-trunc']])
    t.is(
      await out('images', ...more, '--format', row, name),
      docker('images', ...more, '--format', row, name),
    );
  const keys = (line: string): readonly string[] => Object.keys(JSON.parse(line) as Members);
  const own = new Set(['Platform']);
  const missing = keys(await out('images', '--format', 'json', name)).filter(
    (key) => !own.has(key) && !keys(docker('images', '--format', '{{json .}}', name)).includes(key),
  );
  t.deepEqual(missing, []);
});

testNeeding('skopeo')(
  'skopeo finds an image under the names that it got, and not under those removed',
  async (t) => {
    const { out, store } = await built(t, 'app:1');
    await out('tag', 'app:1', 'r.test/team/app:2');
    await out('rmi', 'app:1');
    const layout = join(store, 'v1', 'oci');
    const inspect = (name: string): string =>
      execFileSync('skopeo', ['inspect', '--format', '{{.Digest}}', `oci:${layout}:${name}`], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    t.is(
      inspect('r.test/team/app:2').trim(),
      (await out('inspect', '-f', '{{.Descriptor.digest}}', 'r.test/team/app:2')).trim(),
    );
    t.throws(() => inspect('docker.io/library/app:1'));
  },
);

testNeeding('registry', 'skopeo')(
  'what skopeo pushed is pulled byte for byte, with every layer',
  async (t) => {
    const registry = await startRealRegistry();
    t.teardown(() => registry.stop());
    const { store, out, root } = await built(t, 'app:1');
    const name = `${registry.host}/team/app:1`;
    const skopeo = (...args: readonly string[]): string =>
      execFileSync('skopeo', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const target = `docker://${name}`;
    skopeo(
      'copy',
      '--dest-tls-verify=false',
      `oci:${join(store, 'v1', 'oci')}:docker.io/library/app:1`,
      target,
    );
    const digest = skopeo('inspect', '--tls-verify=false', '--format', '{{.Digest}}', target).trim();
    const empty = join(root, 'empty');
    const pulled = await runTsbuild(['pull', name], { store: empty });
    t.is(pulled.code, 0, pulled.stderr);
    t.is(pulled.stdout.toString(), `${name}\n`);
    t.true(pulled.stderr.includes(`Digest: ${digest}\n`), pulled.stderr);
    const copy = join(root, 'copy');
    skopeo('copy', `oci:${join(empty, 'v1', 'oci')}:${name}`, `dir:${copy}`);
    t.is(
      `sha256:${createHash('sha256')
        .update(readFileSync(join(copy, 'manifest.json')))
        .digest('hex')}`,
      digest,
    );
    const details = await runTsbuild(['inspect', '-f', '{{.Id}} {{.RepoDigests}}', name], { store: empty });
    t.is(
      details.stdout.toString(),
      `${(await out('inspect', '-f', '{{.Id}}', 'app:1')).trim()} [${registry.host}/team/app@${digest}]\n`,
    );
  },
);
