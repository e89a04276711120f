import test from 'ava';
import { detectProject, type Manifest, type ProjectFiles } from '../../../src/init/detect.js';
import { renderDockerfile } from '../../../src/init/render-dockerfile.js';
import { renderIgnore } from '../../../src/init/render-ignore.js';
import { workspaceFolders } from '../../../src/init/workspace-folders.js';

const project = (manifest: Manifest, names: readonly string[] = [], more: Partial<ProjectFiles> = {}) =>
  detectProject({ manifest, names: new Set(names), workspaces: new Map(), ...more });

/** Without comments and empty lines. */
const instructions = (text: string) =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('managers are told by packageManager, then by the lock file', (t) => {
  t.like(project({}), { manager: 'npm', lockFile: undefined });
  t.like(project({}, ['pnpm-lock.yaml']), { manager: 'pnpm', lockFile: 'pnpm-lock.yaml' });
  t.like(project({}, ['yarn.lock', '.yarnrc.yml']), { manager: 'yarn', isModernYarn: true });
  t.like(project({ packageManager: 'yarn@1.22.22+sha1.x' }, ['yarn.lock']), {
    manager: 'yarn',
    managerVersion: '1.22.22',
    isModernYarn: false,
  });
  t.like(project({}, ['bun.lock']), { manager: 'bun' });
  t.like(project({ packageManager: 'pnpm@9.1.0' }, ['package-lock.json']), {
    manager: 'pnpm',
    lockFile: undefined,
  });
});

test('how a program is started', (t) => {
  t.deepEqual(project({ scripts: { start: 'node dist/server.js' } }).start, ['node', 'dist/server.js']);
  t.deepEqual(project({ scripts: { start: 'NODE_ENV=x node a.js' } }).start, ['npm', 'start']);
  t.deepEqual(project({ main: './lib/a.js' }).start, ['node', 'lib/a.js']);
  t.deepEqual(project({}, ['app.js']).start, ['node', 'app.js']);
  t.deepEqual(project({ dependencies: { '@nestjs/core': '1' } }).start, ['node', 'dist/main.js']);
  const workspaces = new Map([['apps/web', { name: 'web', scripts: { start: 'x' } }]]);
  t.deepEqual(project({}, ['pnpm-lock.yaml'], { workspaces }).start, ['pnpm', '--filter', 'web', 'start']);
});

test('a program for Node that is built by npm', (t) => {
  const found = project(
    {
      engines: { node: '>=20' },
      scripts: { build: 'tsc', start: 'node out/main.js' },
      dependencies: { a: '1' },
    },
    ['package-lock.json', '.npmrc'],
    { tsconfig: '{ "compilerOptions": { "outDir": "./out/" } }' },
  );
  t.deepEqual(instructions(renderDockerfile(found)), [
    'ARG NODE_VERSION=20',
    'FROM node:${NODE_VERSION}-slim AS base',
    'WORKDIR /app',
    'FROM base AS dependencies',
    'COPY package.json package-lock.json .npmrc ./',
    'RUN --mount=type=cache,target=/root/.npm npm ci',
    'FROM dependencies AS build',
    'COPY . .',
    'RUN npm run build',
    'FROM base AS production-dependencies',
    'COPY package.json package-lock.json .npmrc ./',
    'RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev',
    'FROM base',
    'ENV NODE_ENV=production',
    'COPY --from=production-dependencies /app ./',
    'COPY --from=build /app/out ./out',
    'USER node',
    'EXPOSE 3000',
    'CMD ["node", "out/main.js"]',
  ]);
  t.regex(renderIgnore(found), /^out$/m);
});

test('a program without dependencies and build has one stage', (t) => {
  t.deepEqual(instructions(renderDockerfile(project({}, ['server.js']))), [
    'ARG NODE_VERSION=22',
    'FROM node:${NODE_VERSION}-slim AS base',
    'WORKDIR /app',
    'FROM base',
    'ENV NODE_ENV=production',
    'COPY . .',
    'USER node',
    'EXPOSE 3000',
    'CMD ["node", "server.js"]',
  ]);
});

test('a page is given out by a web server', (t) => {
  const found = project({ devDependencies: { vite: '5' }, scripts: { build: 'vite build' } }, ['bun.lock']);
  const text = renderDockerfile(found);
  t.regex(text, /^FROM oven\/bun:1-slim AS base$/m);
  t.regex(text, /^COPY --from=build \/app\/dist \/usr\/share\/nginx\/html$/m);
  t.notRegex(text, /production-dependencies/);
});

test('Next with and without its own server', (t) => {
  const manifest = { dependencies: { next: '15' }, scripts: { build: 'next build' } };
  const alone = renderDockerfile(
    project(manifest, ['package-lock.json', 'public'], {
      nextConfig: "export default { output: 'standalone' }",
    }),
  );
  t.regex(alone, /^COPY --from=build \/app\/\.next\/standalone \.\/$/m);
  t.regex(alone, /^COPY --from=build \/app\/public \.\/public$/m);
  t.regex(alone, /^CMD \["node", "server\.js"\]$/m);
  const whole = renderDockerfile(project(manifest, ['package-lock.json']));
  t.regex(whole, /^CMD \["node_modules\/\.bin\/next", "start"\]$/m);
});

test('manifests of workspaces come before their sources', (t) => {
  const workspaces = new Map<string, Manifest>([
    ['apps/web', { name: 'web', scripts: { build: 'x', start: 'node x' } }],
    ['packages/lib', {}],
  ]);
  const text = renderDockerfile(project({}, ['pnpm-lock.yaml', 'pnpm-workspace.yaml'], { workspaces }));
  t.regex(
    text,
    /^COPY package\.json pnpm-lock\.yaml pnpm-workspace\.yaml \.\/\nCOPY apps\/web\/package\.json apps\/web\/\nCOPY packages\/lib\/package\.json packages\/lib\/$/m,
  );
  t.regex(text, /^RUN pnpm --recursive run build$/m);
  t.regex(text, /^COPY --from=build \/app\/packages \.\/packages$/m);
});

test('folders of workspaces', (t) => {
  const tree: Record<string, readonly string[]> = {
    '': ['packages', 'apps'],
    packages: ['a', 'old'],
    apps: ['web'],
    'apps/web': ['deep'],
  };
  const list = (folder: string) => tree[folder] ?? [];
  t.deepEqual(
    workspaceFolders(
      { workspaces: ['packages/*', '!packages/old', './apps/web/'] } as Manifest,
      undefined,
      list,
    ),
    ['apps/web', 'packages/a'],
  );
  t.deepEqual(workspaceFolders({ workspaces: { packages: ['apps/**'] } } as Manifest, undefined, list), [
    'apps/web',
    'apps/web/deep',
  ]);
  t.deepEqual(
    workspaceFolders({}, 'packages:\n  - \'packages/*\' # all\n  - "!packages/old"\nother: x\n', list),
    ['packages/a'],
  );
  t.deepEqual(workspaceFolders({}, undefined, list), []);
});

const buildOf = (manifest: Manifest, names: readonly string[], workspaces = new Map<string, Manifest>()) =>
  instructions(renderDockerfile(project(manifest, names, { workspaces }))).filter((line) =>
    /^(?:ENV YARN|RUN (?!--mount))/.test(line),
  );

test('Yarn comes from the npm registry, and packages lie where Node finds them', (t) => {
  const built = { scripts: { build: 'x' }, dependencies: { a: '1' } };
  t.deepEqual(buildOf(built, ['yarn.lock']), [
    'RUN yarn --version || npm install --global yarn@1',
    'RUN yarn run build',
  ]);
  t.deepEqual(buildOf({ ...built, packageManager: 'yarn@4.9.1' }, ['yarn.lock']), [
    'RUN npm install --global --force @yarnpkg/cli-dist@4.9.1',
    'ENV YARN_NODE_LINKER=node-modules YARN_IGNORE_PATH=1',
    'RUN yarn run build',
  ]);
});

test('workspaces are built where the project itself has no script for it', (t) => {
  const workspaces = new Map<string, Manifest>([
    ['packages/a', { name: '@it/a', scripts: { build: 'x' } }],
    ['packages/b', { name: '@it/b' }],
    ['packages/c', { scripts: { build: 'x' } }],
  ]);
  const lines = (lock: string, manifest: Manifest = {}) => buildOf(manifest, [lock], workspaces).at(-1);
  t.is(lines('package-lock.json'), 'RUN npm run build --workspaces --if-present');
  t.is(lines('package-lock.json', { scripts: { build: 'x' } }), 'RUN npm run build');
  t.is(lines('pnpm-lock.yaml'), 'RUN pnpm --recursive run build');
  t.is(lines('yarn.lock'), 'RUN yarn workspace @it/a run build && yarn workspace packages/c run build');
  t.is(
    lines('yarn.lock', { packageManager: 'yarn@4.9.1' }),
    'RUN yarn workspaces foreach --all --topological run build',
  );
  t.is(lines('bun.lock'), "RUN bun run --filter '*' build");
});
