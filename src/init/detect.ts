// A project out of what lies in its folder. Pure.
import type { Framework, PackageManager, Project } from './project.js';

export interface ProjectFiles {
  /** Content of package.json. */
  readonly manifest: Manifest;
  /** Names in the folder. */
  readonly names: ReadonlySet<string>;
  /** Content of Next's configuration, when there is one. */
  readonly nextConfig?: string;
  /** Content of tsconfig.json, when there is one. */
  readonly tsconfig?: string;
  /** Manifests of the workspaces, by folder. */
  readonly workspaces: ReadonlyMap<string, Manifest>;
}

export interface Manifest {
  readonly name?: string;
  readonly main?: string;
  readonly packageManager?: string;
  readonly engines?: { readonly node?: string };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const LOCK_FILES: readonly (readonly [string, PackageManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];
const SETTINGS = ['.npmrc', 'pnpm-workspace.yaml', '.yarnrc.yml', '.pnpmfile.cjs', 'bunfig.toml'];
/** The long-term version that is meant when the project names none. */
const NODE_VERSION = '22';

export function detectProject(files: ProjectFiles): Project {
  const { manifest, names } = files;
  const [named, version] = (manifest.packageManager ?? '').split('@');
  const lock = LOCK_FILES.find(([name]) => names.has(name));
  const manager =
    (['npm', 'pnpm', 'yarn', 'bun'] as const).find((one) => one === named) ?? lock?.[1] ?? 'npm';
  const managerVersion = named === manager ? version?.split('+')[0] : undefined;
  const framework = frameworkOf(manifest);
  const isRootBuilt = manifest.scripts?.['build'] !== undefined;
  const builtWorkspaces = isRootBuilt
    ? []
    : [...files.workspaces]
        .filter(([, one]) => one.scripts?.['build'] !== undefined)
        .map(([folder, one]) => one.name ?? folder);
  const isBuilt = isRootBuilt || builtWorkspaces.length > 0;
  const outputFolder = outputOf(framework, files);
  return {
    manager,
    managerVersion,
    isModernYarn:
      manager === 'yarn' && (names.has('.yarnrc.yml') || Number(managerVersion?.split('.')[0] ?? 1) > 1),
    lockFile: lock?.[1] === manager ? lock[0] : undefined,
    settings: SETTINGS.filter((name) => names.has(name)),
    workspaces: [...files.workspaces.keys()].sort(),
    framework,
    isStandalone: /output\s*:\s*['"]standalone['"]/.test(files.nextConfig ?? ''),
    isBuilt,
    builtWorkspaces,
    outputFolder,
    hasPublicFolder: names.has('public'),
    hasDependencies: Object.keys(manifest.dependencies ?? {}).length > 0 || files.workspaces.size > 0,
    nodeVersion: /(\d+)/.exec(manifest.engines?.node ?? '')?.[1] ?? NODE_VERSION,
    start: startOf(files, { manager, framework, isBuilt, outputFolder }),
  };
}

function frameworkOf({ dependencies = {}, devDependencies = {}, scripts = {} }: Manifest): Framework {
  const has = (name: string): boolean =>
    Object.hasOwn(dependencies, name) || Object.hasOwn(devDependencies, name);
  if (has('next')) return 'next';
  if (has('@nestjs/core')) return 'nest';
  // A server that has vite among its tools is started, a page is only built.
  return has('vite') && !/^node\b/.test(scripts['start'] ?? '') ? 'vite' : 'node';
}

function outputOf(framework: Framework, { tsconfig = '' }: ProjectFiles): string {
  if (framework === 'next') return '.next';
  if (framework !== 'node') return 'dist';
  const given = /"outDir"\s*:\s*"(?:\.\/)?([\w./-]+?)\/?"/.exec(tsconfig)?.[1];
  return given !== undefined && !given.startsWith('..') ? given : 'dist';
}

type Known = Pick<Project, 'manager' | 'framework' | 'isBuilt' | 'outputFolder'>;

/** A process of Node without a package manager around it gets signals itself. */
function startOf(
  files: ProjectFiles,
  { manager, framework, isBuilt, outputFolder }: Known,
): readonly string[] {
  const { manifest, names, workspaces } = files;
  const runtime = manager === 'bun' ? 'bun' : 'node';
  if (framework === 'next') return ['node_modules/.bin/next', 'start'];
  if (framework === 'nest') return [runtime, `${outputFolder}/main.js`];
  const script = manifest.scripts?.['start'];
  const direct = /^(?:node|bun)((?: [\w./=-]+)+)$/.exec(script ?? '')?.[1];
  if (direct !== undefined) return [runtime, ...direct.trim().split(' ')];
  if (script !== undefined) return [manager, 'start'];
  const starting = [...workspaces].find(([, one]) => one.scripts?.['start'] !== undefined);
  if (starting) return startOfWorkspace(manager, starting[1].name ?? starting[0]);
  if (manifest.main !== undefined) return [runtime, manifest.main.replace(/^\.\//, '')];
  const found = ['server.js', 'index.js', 'app.js', 'server.mjs', 'index.mjs', 'index.ts'].find((name) =>
    names.has(name),
  );
  return [runtime, found ?? (isBuilt ? `${outputFolder}/index.js` : 'index.js')];
}

function startOfWorkspace(manager: Project['manager'], name: string): readonly string[] {
  switch (manager) {
    case 'pnpm':
    case 'bun':
      return [manager, '--filter', name, 'start'];
    case 'yarn':
      return ['yarn', 'workspace', name, 'start'];
    case 'npm':
      return ['npm', 'start', '--workspace', name];
  }
}
