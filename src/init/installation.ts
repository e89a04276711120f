// How each package manager installs: its lines of a Dockerfile.
import type { Project } from './project.js';

export interface Installation {
  /** Lines that bring the manager into the base. */
  readonly setUp: readonly string[];
  /** Where the manager keeps what it fetched. */
  readonly cache: string;
  /** All dependencies, those of development too. */
  readonly all: string;
  /** Those that the program needs when it runs. */
  readonly production: string;
  readonly build: string;
}

export function installationOf(project: Project): Installation {
  const { manager, managerVersion, lockFile, isModernYarn } = project;
  const isLocked = lockFile !== undefined;
  switch (manager) {
    case 'npm':
      return {
        setUp: [],
        cache: '/root/.npm',
        all: isLocked ? 'npm ci' : 'npm install',
        production: isLocked ? 'npm ci --omit=dev' : 'npm install --omit=dev',
        build: 'npm run build',
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
      return isModernYarn ? modernYarn(project) : classicYarn(isLocked);
    case 'bun': {
      const locked = isLocked ? ' --frozen-lockfile' : '';
      return {
        setUp: [],
        cache: '/root/.bun/install/cache',
        all: `bun install${locked}`,
        production: `bun install${locked} --production`,
        build: 'bun run build',
      };
    }
  }
}

function classicYarn(isLocked: boolean): Installation {
  const locked = isLocked ? ' --frozen-lockfile' : '';
  return {
    setUp: [],
    cache: '/usr/local/share/.cache/yarn',
    all: `yarn install${locked}`,
    production: `yarn install${locked} --production`,
    build: 'yarn run build',
  };
}

function modernYarn({ lockFile }: Project): Installation {
  return {
    setUp: [
      '# Corepack takes the version of Yarn that package.json names.',
      'RUN npm install --global corepack && corepack enable',
    ],
    cache: '/root/.yarn/berry/cache',
    all: lockFile === undefined ? 'yarn install' : 'yarn install --immutable',
    production: 'yarn workspaces focus --all --production',
    build: 'yarn run build',
  };
}
