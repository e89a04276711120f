// Lists of images, details and histories are those of docker for the same image; tags and removals in the layout are
// read by skopeo.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
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

/** Absent, null and empty are one for docker's versions; Go writes times with as many digits as they need. */
function settled(members: Members, names: readonly string[]): Members {
  const isEmpty = (value: unknown) =>
    value === undefined || value === null || value === '' || value === false;
  return Object.fromEntries(
    names.filter((name) => !isEmpty(members[name])).map((name) => [name, members[name]]),
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
  const row = '{{.Repository}}|{{.Tag}}|{{.ID}}|{{.Digest}}|{{.CreatedAt}}|{{.CreatedSince}}';
  for (const more of [[], ['--no-trunc']])
    t.is(
      (await out('images', ...more, '--format', row, name)).replace(/ [^ ]+ [^ ]+ ago/, ''),
      docker('images', ...more, '--format', row, name).replace(/ [^ ]+ [^ ]+ ago/, ''),
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
