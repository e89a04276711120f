// The OCI runtime that stands in for the launcher when the user asks for one (--runtime).
import { accessSync, constants } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { findProgram } from '../../host/find-program.js';

export interface OciRuntime {
  /** `crun`, `runc`, `runsc`, or whatever the file is called. */
  readonly name: string;
  /** Absolute path. */
  readonly program: string;
}

/** @param text a name to be looked for, or an absolute path. @throws TsbuildError SANDBOX_NO_RUNTIME */
export function findRuntime(text: string): OciRuntime {
  const program = isAbsolute(text) ? ifExecutable(text) : findProgram(basename(text));
  if (program !== undefined) return { name: basename(program), program };
  throw new TsbuildError('SANDBOX_NO_RUNTIME', `--runtime ${text}: there is no such program`, {
    hint: isAbsolute(text) ? 'give the path of an OCI runtime' : `sudo apt-get install ${basename(text)}`,
  });
}

function ifExecutable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    // Absence is a value here.
    return undefined;
  }
}

/** What stands before the words `run …`: no control groups, which are tsbuild's own affair. */
export function globalOptions(
  runtime: OciRuntime,
  places: { readonly state: string; readonly log: string },
): string[] {
  const common = ['--root', places.state, '--log', places.log, '--log-format', 'json'];
  switch (runtime.name) {
    case 'crun':
      return [...common, '--cgroup-manager', 'disabled'];
    case 'runc':
      return [...common, '--rootless', 'true'];
    case 'runsc':
      return [...common, '--ignore-cgroups', '--network', 'host'];
    default:
      return common;
  }
}
