// Small real projects: their files, the command that installs them and writes their lock file, and what their page has in it.
const NPM = 'npm install --package-lock-only --no-audit --no-fund';
const PNPM = 'npm_config_manage_package_manager_versions=false npx --yes pnpm@10 install --lockfile-only';
const YARN = 'npx --yes yarn@1.22.22 install --ignore-scripts && rm -rf node_modules';
const BERRY =
  'YARN_ENABLE_IMMUTABLE_INSTALLS=false npx --yes @yarnpkg/cli-dist@4.9.1 install && rm -rf .pnp* .yarn node_modules';
const BUN = 'npx --yes bun@1 install --lockfile-only';

const SERVER = `const express = require('express');
express().get('/', (request, response) => response.send('it answers')).listen(3000);
`;
const program = (more = {}) => ({
  name: 'program',
  version: '1.0.0',
  scripts: { start: 'node server.js' },
  dependencies: { express: '^5.1.0' },
  ...more,
});

const TYPED = {
  'tsconfig.json': {
    compilerOptions: {
      module: 'nodenext',
      target: 'es2022',
      outDir: 'dist',
      rootDir: 'src',
      strict: true,
      types: ['node'],
    },
    include: ['src'],
  },
  'src/index.ts': `import { createServer } from 'node:http';
const text: string = 'it answers';
createServer((request, response) => response.end(text)).listen(3000);
`,
};
const typed = (more = {}) => ({
  name: 'typed',
  version: '1.0.0',
  type: 'module',
  scripts: { build: 'tsc', start: 'node dist/index.js' },
  dependencies: { nanoid: '^5.1.5' },
  devDependencies: { typescript: '^5.9.0', '@types/node': '^20.0.0' },
  ...more,
});

const WORKSPACES = {
  'packages/words/package.json': {
    name: '@it/words',
    version: '1.0.0',
    main: 'index.js',
    dependencies: { nanoid: '^3.3.11' },
  },
  'packages/words/index.js': "require('nanoid').nanoid();\nexports.words = 'it answers';\n",
  'packages/web/package.json': {
    name: '@it/web',
    version: '1.0.0',
    scripts: { start: 'node server.js', build: 'node build.js' },
    dependencies: { '@it/words': '1.0.0' },
  },
  'packages/web/build.js': "require('node:fs').mkdirSync('dist', { recursive: true });\n",
  'packages/web/server.js':
    "require('node:http').createServer((request, response) => response.end(require('@it/words').words)).listen(3000);\n",
};
const workspacesOf = (more) => ({ name: 'many', version: '1.0.0', private: true, ...more });
/** pnpm and Yarn link a workspace only when that is said. */
const linked = {
  ...WORKSPACES,
  'packages/web/package.json': {
    ...WORKSPACES['packages/web/package.json'],
    dependencies: { '@it/words': 'workspace:*' },
  },
};

export const PROJECTS = {
  npm: { files: { 'package.json': program(), 'server.js': SERVER }, install: NPM, answer: 'it answers' },
  'no lock file': {
    files: { 'package.json': program(), 'server.js': SERVER },
    install: 'true',
    answer: 'it answers',
  },
  'no dependencies': {
    files: {
      'package.json': { name: 'small' },
      'index.js': TYPED['src/index.ts']
        .replace('import { createServer } from', 'const { createServer } =')
        .replace("'node:http'", "require('node:http')")
        .replace(': string', ''),
    },
    install: 'true',
    answer: 'it answers',
  },
  typescript: { files: { ...TYPED, 'package.json': typed() }, install: NPM, answer: 'it answers' },
  pnpm: {
    files: { ...TYPED, 'package.json': typed({ packageManager: 'pnpm@10.12.1' }) },
    install: PNPM,
    answer: 'it answers',
  },
  yarn: { files: { ...TYPED, 'package.json': typed() }, install: YARN, answer: 'it answers' },
  'modern yarn': {
    files: {
      'package.json': program({ packageManager: 'yarn@4.9.1' }),
      'server.js': SERVER,
      'yarn.lock': '',
    },
    install: BERRY,
    answer: 'it answers',
  },
  'modern yarn, built': {
    files: { ...TYPED, 'package.json': typed({ packageManager: 'yarn@4.9.1' }), 'yarn.lock': '' },
    install: BERRY,
    answer: 'it answers',
  },
  bun: {
    files: { 'package.json': program({ scripts: { start: 'bun server.js' } }), 'server.js': SERVER },
    install: BUN,
    answer: 'it answers',
    images: ['oven/bun:1-slim'],
  },
  'npm workspaces': {
    files: { 'package.json': workspacesOf({ workspaces: ['packages/*'] }), ...WORKSPACES },
    install: NPM,
    answer: 'it answers',
  },
  'pnpm workspaces': {
    files: {
      'package.json': workspacesOf({ packageManager: 'pnpm@10.12.1' }),
      'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
      ...linked,
    },
    install: PNPM,
    answer: 'it answers',
  },
  'yarn workspaces': {
    files: { 'package.json': workspacesOf({ workspaces: ['packages/*'] }), ...WORKSPACES },
    install: YARN,
    answer: 'it answers',
  },
  vite: {
    files: {
      'package.json': {
        name: 'page',
        version: '1.0.0',
        type: 'module',
        scripts: { build: 'vite build' },
        devDependencies: { vite: '^6.3.0' },
      },
      'index.html':
        '<!doctype html><title>it answers</title><script type="module" src="/main.js"></script>\n',
      'main.js': "document.body.textContent = 'page';\n",
    },
    install: NPM,
    answer: 'it answers',
    images: ['nginxinc/nginx-unprivileged:stable-alpine'],
  },
  nest: {
    files: {
      'package.json': {
        name: 'nested',
        version: '1.0.0',
        scripts: { build: 'nest build', start: 'nest start' },
        dependencies: {
          '@nestjs/common': '^11.0.0',
          '@nestjs/core': '^11.0.0',
          '@nestjs/platform-express': '^11.0.0',
          'reflect-metadata': '^0.2.2',
          rxjs: '^7.8.1',
        },
        devDependencies: { '@nestjs/cli': '^11.0.0', '@types/node': '^20.0.0', typescript: '^5.9.0' },
      },
      'nest-cli.json': { sourceRoot: 'src' },
      'tsconfig.json': {
        compilerOptions: {
          module: 'commonjs',
          target: 'es2022',
          outDir: './dist',
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
          skipLibCheck: true,
        },
      },
      'src/main.ts': `import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
@Controller()
class Page {
  @Get()
  words() {
    return 'it answers';
  }
}
@Module({ controllers: [Page] })
class App {}
void NestFactory.create(App).then((app) => app.listen(3000));
`,
    },
    install: NPM,
    answer: 'it answers',
  },
  next: {
    files: {
      'package.json': {
        name: 'pages',
        version: '1.0.0',
        scripts: { build: 'next build', start: 'next start' },
        dependencies: { next: '^15.3.0', react: '^19.1.0', 'react-dom': '^19.1.0' },
      },
      'app/layout.js':
        'export default function Layout({ children }) {\n  return <html><body>{children}</body></html>;\n}\n',
      'app/page.js': 'export default function Page() {\n  return <p>it answers</p>;\n}\n',
    },
    install: NPM,
    answer: 'it answers',
  },
};
PROJECTS['next, standalone'] = {
  ...PROJECTS.next,
  files: { ...PROJECTS.next.files, 'next.config.mjs': "export default { output: 'standalone' };\n" },
};
