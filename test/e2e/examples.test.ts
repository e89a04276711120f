// The projects of docs/examples do what they say, with the built library, from modules and from CommonJS.
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endOf, exampleProject, type ModuleForm } from '../support/example-project.js';
import { startDocker } from '../support/real-engines.js';
import { testNeeding } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';

const FORMS: readonly ModuleForm[] = ['mjs', 'cjs'];
const DIGEST = 'sha256:[0-9a-f]{64}';

for (const form of FORMS)
  testNeeding('registry', 'busybox')(
    `npm-script, ${form}: the command, then code, make the same image`,
    async (t) => {
      const project = await exampleProject(t, 'npm-script', form);
      const command = await project.run('npm', 'run', '--silent', 'image');
      t.is(command.code, 0, command.stderr);
      t.is(command.stdout, '');
      const [, digest = ''] = new RegExp(`^image (${DIGEST})$`, 'm').exec(command.stderr) ?? [];
      const code = await project.run('npm', 'run', '--silent', 'image:code');
      t.is(code.code, 0, code.stderr);
      t.is(code.stdout, `${digest}\n`, code.stderr);
      t.regex(code.stderr, /^#\d+ \[internal\] load build definition from Dockerfile\n/);
      t.regex(code.stderr, /^#\d+ CACHED$/m);
      project.write('Dockerfile', 'FROM busybox:1.36\nCOPY pubic /www\n');
      const failed = await project.run('npm', 'run', '--silent', 'image:code');
      t.is(failed.code, 1);
      t.is(failed.stdout, '');
      t.regex(failed.stderr, />>> COPY pubic \/www\n/);
      t.regex(failed.stderr, /ERROR: failed to build: failed to solve: .*"\/pubic": not found\n/);
      t.regex(failed.stderr, /hint: .*public/);
    },
  );

for (const form of FORMS)
  testNeeding(
    'registry',
    'busybox',
    'sandbox',
  )(
    `monorepo, ${form}: dependencies come first, and one failure keeps back only what needs it`,
    async (t) => {
      const project = await exampleProject(t, 'monorepo', form);
      const script = `images.${form}`;
      const good = await project.run(process.execPath, script);
      t.is(good.code, 0, good.stderr);
      t.regex(good.stdout, new RegExp(`^api: ${DIGEST}\nbase: ${DIGEST}\nweb: ${DIGEST}\n$`));
      for (const name of ['api', 'web'])
        t.regex(good.stderr, new RegExp(`\\[${name} \\S+\\] RUN chmod \\+x /app/${name} && /app/${name}`));
      t.regex(good.stderr, /api: made by base/);
      t.true(good.stderr.indexOf('[base ') < good.stderr.indexOf('[api '));

      project.write(
        'packages/api/Dockerfile',
        'FROM base:dev\nRUN echo compiling; echo no such symbol >&2; exit 3\n',
      );
      const bad = await project.run(process.execPath, script);
      t.is(bad.code, 1, bad.stderr);
      t.regex(bad.stdout, new RegExp(`^api: failed\nbase: ${DIGEST}\nweb: ${DIGEST}\n$`));
      t.regex(
        bad.stderr,
        /------\n > \[2\/2\] RUN echo compiling.*:\ncompiling\nno such symbol\n------\nDockerfile:2\n/,
      );
      t.is(bad.stderr.match(/^no such symbol$/gm)?.length, 1, bad.stderr);
      t.regex(bad.stderr, /ERROR: .*exit code: 3\n/);

      project.write('packages/base/Dockerfile', 'FROM busybox:1.36\nRUN exit 4\n');
      const none = await project.run(process.execPath, script);
      t.is(none.code, 1);
      t.is(none.stdout, 'api: failed\nbase: not built\nweb: not built\n', 'the failure is told once');
      t.is(none.stderr.match(/^ERROR: /gm)?.length, 1);
    },
  );

for (const form of FORMS)
  testNeeding(
    'registry',
    'busybox',
    'sandbox',
  )(`monorepo, ${form}: a signal ends all of it`, async (t) => {
    const project = await exampleProject(t, 'monorepo', form);
    project.write('packages/base/Dockerfile', 'FROM busybox:1.36\nRUN echo begun; sleep 600\n');
    const child = project.start(process.execPath, `images.${form}`);
    const end = endOf(child);
    let said = '';
    child.stderr?.on('data', (data: Buffer) => (said += data.toString()));
    while (!/\d begun$/m.test(said)) await once(child.stderr!, 'data');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await end;
    t.is(code, 130, stderr);
    t.regex(stdout, /^api: failed\nbase: not built\nweb: not built\n$/);
    t.regex(stderr, /^ERROR: .*interrupted/m);
  });

testNeeding(
  'registry',
  'busybox',
  'dockerd',
)('testcontainers: the image is built into the engine, started, and answers', async (t) => {
  const engine = await startDocker(t, { hasBridge: true });
  const testcontainers = installTestcontainers(t);
  for (const form of FORMS) {
    const project = await exampleProject(t, 'testcontainers', form);
    symlinkSync(testcontainers, join(project.folder, 'node_modules', 'testcontainers'));
    Object.assign(project.env, {
      DOCKER_HOST: `unix://${engine.socket}`,
      // Its helper would be an image of another registry.
      TESTCONTAINERS_RYUK_DISABLED: 'true',
    });
    const { code, stdout, stderr } = await project.run(process.execPath, '--test', `site.test.${form}`);
    t.is(code, 0, stdout + stderr);
    t.regex(stdout, /^. pass 1$/m);
  }
  t.regex(engine.run(['image', 'ls']), /^site +test /m);
  t.is(engine.run(['ps', '-aq']), '');
});

/** With what it needs, and without install scripts; too large for the packages of every checkout. */
function installTestcontainers(t: ExecutionContext): string {
  const folder = tempDir(t);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--prefer-offline'];
  execFileSync('npm', ['install', ...options, 'testcontainers@11.14.0'], { cwd: folder, stdio: 'pipe' });
  return join(folder, 'node_modules', 'testcontainers');
}
