// Secrets that are around while a build runs: in the environment, in docker's configuration, in proxies and arguments.
// Every attack looks for them in the store, the outputs and what was shown; these give them the best chance to get
// there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attack, attackNeeding, type Defence } from '../support/attack.js';
import { shellLayer } from '../support/evil-image.js';

const WORKER: Defence = ['src/worker/front/worker-process.ts', 'env'];
const PROXY: Defence = ['src/plan/step.ts', 'readonly proxyEnv: readonly string[];'];

attackNeeding('sandbox', 'busybox')(
  'CVE-2021-3602',
  'a step finds no token in any environment, command line or file',
  WORKER,
  async (_, world) => {
    const shell = world.image('shell', { layers: [shellLayer()] });
    await world.build({
      dockerfileText: `FROM shell\nRUN env; cat /proc/*/environ /proc/*/cmdline /proc/self/mountinfo 2>/dev/null; cat ${world.outside}/secret ${world.sentinel.env['DOCKER_CONFIG']}/config.json 2>/dev/null; ls -l /proc/self/fd /proc/*/fd; for f in /proc/self/fd/*; do cat $f/secret $f/../secret 2>/dev/null; done; true\n`,
      buildContexts: { shell },
    });
  },
);

attack(
  'kaniko#2153',
  'an ARG or ENV of the name of a variable of the host does not take its value',
  ['src/plan/metadata-instructions.ts', 'argValue'],
  async (t, world) => {
    const { files } = await world.build({
      dockerfileText:
        'FROM scratch\nARG TSBUILD_PLANTED_TOKEN\nENV A=$TSBUILD_PLANTED_TOKEN B=${DOCKER_CONFIG:-none}\nLABEL a=$TSBUILD_PLANTED_TOKEN b=${PATH:+path}\nCOPY <<e /f\n$TSBUILD_PLANTED_TOKEN${TSBUILD_PLANTED_TOKEN}\ne\n',
    });
    t.is(readFileSync(join(files, 'f'), 'utf8'), '\n');
  },
);

attackNeeding('sandbox', 'busybox')(
  'Predefined ARGs',
  'passwords of proxies reach no layer, configuration, key or log',
  PROXY,
  async (_, world) => {
    const [, , password] = world.sentinel.tokens;
    const proxy = `http://me:${password}@127.0.0.1:9`;
    const shell = world.image('shell', { layers: [shellLayer()] });
    await world.build(
      {
        dockerfileText:
          'FROM shell\nRUN test -n "$HTTP_PROXY" && test -n "$https_proxy"\nCOPY <<e /f\nx\ne\n',
        buildContexts: { shell },
        buildArgs: { HTTP_PROXY: proxy, https_proxy: proxy },
        tags: ['app:1'],
      },
      { env: { FTP_PROXY: proxy } },
    );
  },
);

attack(
  'CVE-2020-15157',
  'the message of a registry that cannot be reached has no password of the proxy',
  ['src/core/redact.ts', "parsed.password = '';"],
  async (_, world) => {
    const [, , password] = world.sentinel.tokens;
    await world.refused(
      { dockerfileText: 'FROM registry.example/x\n' },
      ['REGISTRY_UNREACHABLE', 'REGISTRY_PROTOCOL', 'REGISTRY_UNAUTHORIZED'],
      {
        env: {
          https_proxy: `http://me:${password}@127.0.0.1:9`,
          HTTPS_PROXY: `http://me:${password}@127.0.0.1:9`,
        },
      },
    );
  },
);

for (const text of [
  'FROM scratch\nCOPY $HOME/.docker /\n',
  'FROM scratch\nCOPY ~/.docker /\n',
  'FROM scratch\nADD file:///etc/hostname /\n',
  'FROM scratch\nCOPY --from=/etc hostname /\n',
  'FROM scratch\nCOPY --from=.. a /\n',
]) {
  attack(
    'kaniko#1553',
    `${JSON.stringify(text.split('\n')[1])} reads nothing of the host`,
    ['src/core/tree-path.ts', 'const absolute = posix.normalize(`/${path}`);'],
    async (t, world) => {
      const outcome = await world.attempt({ dockerfileText: text });
      t.true('error' in outcome && outcome.error.code !== 'INTERNAL');
    },
  );
}
