// In a container of Docker with its default settings there is no user namespace and no mount: RUN works in a chroot,
// says so, and the image is the one that full isolation gives, to the byte.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../support/project-root.js';
import { basesRegistry, testNeeding } from '../support/requirements.js';
import { assertBuilt, workspace, type Workspace } from '../support/workspace.js';

const IMAGE = 'node:20-slim';
const MIRRORS = { TSBUILD_REGISTRY_MIRRORS: `docker.io=${basesRegistry()}` };

/** All times are one, so that equal images are equal to the byte. */
const reproducible = (dest: string): string[] => [
  '--build-arg=SOURCE_DATE_EPOCH=1700000000',
  `--output=type=oci,dest=${dest},rewrite-timestamp=true`,
];

/** No place is asked for but what BuildKit's sandbox and a chroot both have. */
const DOCKERFILE = `FROM ${IMAGE}
RUN --mount=type=cache,target=/root/.cache --mount=type=secret,id=token,target=/run/secrets/deep/token \\
    cat /run/secrets/deep/token > /dev/stderr; echo cached > /root/.cache/x; id -u > /who
RUN rm -r /opt /usr/share/doc && mkdir -m 1777 /opt && echo new > /opt/new && ln /opt/new /opt/hard && ln -s new /opt/soft \\
    && chown -R node:node /opt && chmod 4755 /opt/new && mkfifo /opt/pipe
COPY <<EOT /etc/motd
hello
EOT
RUN --mount=type=bind,source=given,target=/given --mount=type=tmpfs,target=/opt/tmp cp /given/file /kept; touch /opt/tmp/gone; rm /etc/motd
RUN node -p 'process.version' && npm --version && node -e 'require("child_process").execFileSync("node", ["-v"])'
USER node
WORKDIR /home/node/app
RUN <<EOT
touch "$HOME/file" new
ls -A / | sort > listing
EOT
`;

interface Built {
  readonly digest: string;
  readonly log: string;
}

async function inContainer(space: Workspace): Promise<Built> {
  const modules = realpathSync(join(projectRoot, 'node_modules'));
  const out = join(space.root, 'out');
  mkdirSync(out);
  const mounts = [
    `${projectRoot}:/tsbuild:ro`,
    `${modules}:${modules}:ro`,
    `${space.context}:/context:ro`,
    `${out}:/out`,
  ];
  const { stderr } = await promisify(execFile)('docker', [
    'run',
    '--rm',
    '--network=host',
    ...mounts.flatMap((mount) => ['-v', mount]),
    ...Object.entries(MIRRORS).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
    // Docker takes loopback addresses without TLS.
    `${new URL(basesRegistry()).host}/library/${IMAGE}`,
    'node',
    '/tsbuild/bin/tsbuild.js',
    'build',
    '--progress=plain',
    '--iidfile=/out/id',
    '--secret=id=token,src=/context/token',
    ...reproducible('/tmp/image.tar'),
    '/context',
  ]);
  return { digest: readFileSync(join(out, 'id'), 'utf8'), log: stderr };
}

testNeeding(
  'docker',
  'bases',
  'sandbox',
)('a build with RUN in a container of Docker gives the image of a build on the host', async (t) => {
  t.timeout(600_000);
  const space = workspace(t, { Dockerfile: DOCKERFILE, token: 'hush', 'given/file': 'given\n' });
  const [image, id] = [join(space.root, 'image.tar'), join(space.root, 'id')];
  const secret = ['--secret', `id=token,src=${join(space.context, 'token')}`];
  assertBuilt(t, await space.build([...reproducible(image), ...secret, '--iidfile', id], { env: MIRRORS }));
  const { digest, log } = await inContainer(space);
  t.regex(digest, /^sha256:[0-9a-f]{64}$/);
  t.is(digest, readFileSync(id, 'utf8'));
  t.regex(log, /RUN uses isolation chroot \(weak: /);
});
