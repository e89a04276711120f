// What is known of a JavaScript project: enough to write a Dockerfile for it.

export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';
export type Framework = 'next' | 'vite' | 'nest' | 'node';

export interface Project {
  readonly manager: PackageManager;
  /** Of the manager, when the project names one: `9.1.0`. */
  readonly managerVersion: string | undefined;
  /** Yarn from version 2 on. */
  readonly isModernYarn: boolean;
  /** Name of the lock file, when there is one. */
  readonly lockFile: string | undefined;
  /** Files beside package.json that the installation reads. */
  readonly settings: readonly string[];
  /** Folders of the workspaces that were found. */
  readonly workspaces: readonly string[];
  readonly framework: Framework;
  /** Next writes a server with all that it needs. */
  readonly isStandalone: boolean;
  /** Whether there is a script `build`. */
  readonly isBuilt: boolean;
  /** Workspaces with such a script, by name, when the project itself has none. */
  readonly builtWorkspaces: readonly string[];
  /** Folder that the build writes: `dist`. */
  readonly outputFolder: string;
  /** Next has files that it serves as they are. */
  readonly hasPublicFolder: boolean;
  readonly hasDependencies: boolean;
  /** Major version of Node: `22`. */
  readonly nodeVersion: string;
  /** Words of the command that starts it. */
  readonly start: readonly string[];
}
