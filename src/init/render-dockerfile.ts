// The Dockerfile of a project. Each choice says why in a comment.
import { installationOf, type Installation } from './installation.js';
import type { Project } from './project.js';

/** More manifests than these are copied with everything else. */
const MOST_MANIFESTS = 20;

/** Of the server in the image: nginx without root for Vite, else the one that programs for Node have mostly. */
export function portOf({ framework }: Pick<Project, 'framework'>): number {
  return framework === 'vite' ? 8080 : 3000;
}

export function renderDockerfile(project: Project): string {
  const installation = installationOf(project);
  const stages = [
    headOf(project, installation),
    ...(project.isBuilt ? [dependenciesOf(project, installation), buildOf(project, installation)] : []),
    ...(needsOwnDependencies(project) ? [productionOf(project, installation)] : []),
    project.framework === 'vite' ? pageOf(project) : programOf(project),
  ];
  return `${stages.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function headOf({ manager, nodeVersion }: Project, { setUp }: Installation): readonly string[] {
  const image = manager === 'bun' ? 'oven/bun:1-slim' : 'node:${NODE_VERSION}-slim';
  return [
    '# Written by `tsbuild init`: change it as you like.',
    ...(manager === 'bun'
      ? []
      : [
          '# The version of Node: `engines` of package.json, else a version with long-term support.',
          `ARG NODE_VERSION=${nodeVersion}`,
        ]),
    '',
    '# One base for all stages: it is fetched once. The slim image has what programs need to run, and no compiler.',
    `FROM ${image} AS base`,
    'WORKDIR /app',
    ...setUp,
  ];
}

function dependenciesOf(project: Project, installation: Installation): readonly string[] {
  return [
    'FROM base AS dependencies',
    ...manifestsOf(project),
    ...(project.lockFile === undefined
      ? ['# There is no lock file: commit one, so that every build installs the same versions.']
      : ['# The lock file decides: every build installs the same versions.']),
    '# The cache mount keeps what was fetched from one build to the next. It is no part of the image.',
    `RUN --mount=type=cache,target=${installation.cache} ${installation.all}`,
  ];
}

function manifestsOf({ lockFile, settings, workspaces }: Project): readonly string[] {
  const files = ['package.json', ...(lockFile === undefined ? [] : [lockFile]), ...settings];
  if (workspaces.length > MOST_MANIFESTS) return ['# There are too many manifests to name them.', 'COPY . .'];
  return [
    '# The manifests come alone: dependencies are installed again only when these change.',
    `COPY ${files.join(' ')} ./`,
    ...workspaces.map((folder) => `COPY ${folder}/package.json ${folder}/`),
  ];
}

function buildOf({ framework }: Project, installation: Installation): readonly string[] {
  return [
    'FROM dependencies AS build',
    ...(framework === 'next'
      ? ['# Next sends no statistics out of a build.', 'ENV NEXT_TELEMETRY_DISABLED=1']
      : []),
    'COPY . .',
    `RUN ${installation.build}`,
  ];
}

/** What a program needs to run is installed anew, without the tools of development. */
function needsOwnDependencies({
  framework,
  isStandalone,
  hasDependencies,
  workspaces,
  manager,
}: Project): boolean {
  if (framework === 'vite' || isStandalone || !hasDependencies) return false;
  return workspaces.length === 0 || manager !== 'bun';
}

function productionOf(project: Project, installation: Installation): readonly string[] {
  return [
    'FROM base AS production-dependencies',
    ...(project.isBuilt
      ? manifestsOf(project).filter((line) => !line.startsWith('#'))
      : manifestsOf(project)),
    '# Without the tools of development: they are large, and a program has no use for them.',
    `RUN --mount=type=cache,target=${installation.cache} ${installation.production}`,
  ];
}

/** Files that a web server gives out. */
function pageOf({ framework, outputFolder }: Project): readonly string[] {
  return [
    '# A page needs no Node: a web server gives out its files. This image of nginx runs as an ordinary user.',
    'FROM nginxinc/nginx-unprivileged:stable-alpine',
    `COPY --from=build /app/${outputFolder} /usr/share/nginx/html`,
    `EXPOSE ${portOf({ framework })}`,
  ];
}

function programOf(project: Project): readonly string[] {
  const { manager, start, isStandalone } = project;
  return [
    'FROM base',
    '# Libraries leave out what is for development.',
    'ENV NODE_ENV=production',
    ...contentsOf(project),
    '# Not as root: a program that is broken into can change less.',
    `USER ${manager === 'bun' ? 'bun' : 'node'}`,
    '# The port that the program listens on. It opens nothing, and tells users.',
    `EXPOSE ${portOf(project)}`,
    ...(start[0] === 'node' || start[0] === 'bun'
      ? [
          '# Without a package manager around it, the program itself gets SIGTERM when the container is stopped.',
          '# Let it end then, or run the container with --init: else it is killed after ten seconds.',
        ]
      : []),
    `CMD ${JSON.stringify(isStandalone ? ['node', 'server.js'] : start).replaceAll('","', '", "')}`,
  ];
}

function contentsOf(project: Project): readonly string[] {
  const { framework, isStandalone, isBuilt, outputFolder, hasPublicFolder, workspaces } = project;
  const dependencies = needsOwnDependencies(project) ? ['COPY --from=production-dependencies /app ./'] : [];
  if (framework === 'next') {
    const pages = hasPublicFolder ? ['COPY --from=build /app/public ./public'] : [];
    if (!isStandalone) return [...dependencies, 'COPY --from=build /app/.next ./.next', ...pages];
    return [
      '# It listens on the address that HOSTNAME names, and a container sets that to its own name.',
      'ENV HOSTNAME=0.0.0.0',
      '# The server that Next writes has the dependencies that it uses.',
      'COPY --from=build /app/.next/standalone ./',
      'COPY --from=build /app/.next/static ./.next/static',
      ...pages,
    ];
  }
  if (!isBuilt) return [...dependencies, 'COPY . .'];
  if (workspaces.length > 0)
    return [
      ...dependencies,
      '# What is in .dockerignore stays out, what was built is in.',
      ...workspaceCopies(project),
    ];
  return [
    ...dependencies,
    '# What was built, and no sources.',
    ...(dependencies.length === 0 ? ['COPY package.json ./'] : []),
    `COPY --from=build /app/${outputFolder} ./${outputFolder}`,
  ];
}

/** Links between workspaces lead to their folders. */
function workspaceCopies({ workspaces }: Project): readonly string[] {
  const tops = [...new Set(workspaces.map((folder) => folder.split('/')[0]!))];
  return tops.map((folder) => `COPY --from=build /app/${folder} ./${folder}`);
}
