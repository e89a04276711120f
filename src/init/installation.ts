// How each package manager installs: its lines of a Dockerfile.
import type { Project } from './project.js';

export interface Installation {
  /** Lines that bring the manager into the base. */
  readonly setUp: readonly string[];
  /** Target of the cache mount, where the manager keeps what it fetched, with more options of the mount. */
  readonly cache: string;
  /** All dependencies, those of development too. */
  readonly all: string;
  /** Those that the program needs when it runs. */
  readonly production: string;
  readonly build: string;
}

export function installationOf(project: Project): Installation {
  const { manager, managerVersion, lockFile, isModernYarn, builtWorkspaces } = project;
  const isLocked = lockFile !== undefined;
  switch (manager) {
    case 'npm':
      return {
        setUp: [],
        cache: '/root/.npm',
        all: isLocked ? 'npm ci' : 'npm install',
        production: isLocked ? 'npm ci --omit=dev' : 'npm install --omit=dev',
        build: builtWorkspaces.length > 0 ? 'npm run build --workspaces --if-present' : 'npm run build',
      };
    case 'pnpm': {
      const locked = isLocked ? ' --frozen-lockfile' : '';
      return {
        setUp: [
          '# The version of pnpm that package.json names.',
          `RUN npm install --global pnpm@${managerVersion ?? '10'}`,
        ],
        cache: '/root/.local/share/pnpm/store',
        all: `pnpm install${locked}`,
        production: `pnpm install${locked} --prod`,
        build: project.workspaces.length > 0 ? 'pnpm --recursive run build' : 'pnpm run build',
      };
    }
    case 'yarn':
      return isModernYarn ? modernYarn(project) : classicYarn(project);
    case 'bun': {
      const locked = isLocked ? ' --frozen-lockfile' : '';
      return {
        setUp: [],
        cache: '/root/.bun/install/cache',
        all: `bun install${locked}`,
        production: `bun install${locked} --production`,
        build: builtWorkspaces.length > 0 ? "bun run --filter '*' build" : 'bun run build',
      };
    }
  }
}

function classicYarn({ lockFile, builtWorkspaces }: Project): Installation {
  const locked = lockFile === undefined ? '' : ' --frozen-lockfile';
  const builds = builtWorkspaces.map((name) => `yarn workspace ${name} run build`);
  return {
    setUp: ['# Most images of Node bring Yarn 1 along.', 'RUN yarn --version || npm install --global yarn@1'],
    // Two of Yarn 1 at once break each other's files.
    cache: '/usr/local/share/.cache/yarn,sharing=locked',
    all: `yarn install${locked}`,
    production: `yarn install${locked} --production`,
    build: builds.length > 0 ? builds.join(' && ') : 'yarn run build',
  };
}

function modernYarn({ lockFile, managerVersion, builtWorkspaces }: Project): Installation {
  return {
    setUp: [
      '# The version of Yarn that package.json names, in place of the one that the image has.',
      `RUN npm install --global --force @yarnpkg/cli-dist@${managerVersion ?? '4'}`,
      '# Packages lie in node_modules: Node finds them there without Yarn. A Yarn of the project itself is not needed.',
      'ENV YARN_NODE_LINKER=node-modules YARN_IGNORE_PATH=1',
    ],
    cache: '/root/.yarn/berry/cache',
    all: lockFile === undefined ? 'yarn install' : 'yarn install --immutable',
    production: 'yarn workspaces focus --all --production',
    build:
      builtWorkspaces.length > 0 ? 'yarn workspaces foreach --all --topological run build' : 'yarn run build',
  };
}
