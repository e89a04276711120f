// The .dockerignore of a project: what a build does not need, or must not have.
import type { Project } from './project.js';

export function renderIgnore({ framework, outputFolder }: Project): string {
  const built = [
    ...new Set([outputFolder, ...(framework === 'next' ? ['.next', 'out'] : []), 'dist', 'coverage']),
  ];
  return `# Written by \`tsbuild init\`: change it as you like. What is named here does not come into the build.

# Dependencies of this machine: those of the image are installed in the build.
**/node_modules

# What builds and tests write: the build makes its own.
${built.join('\n')}
**/*.tsbuildinfo
**/*.log

# Passwords and keys must not come into an image. Give them to a build with --secret.
**/.env
**/.env.*
!**/.env.example
**/*.pem

# History and settings of tools: a change of them builds nothing anew.
.git
.github
.gitlab-ci.yml
.vscode
.idea
Dockerfile*
.dockerignore
compose*.y*ml
docker-compose*.y*ml
docker-bake*
`;
}
