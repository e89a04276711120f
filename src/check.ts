// Build checks of a Dockerfile without building it.
import type { SourceLocation } from './core/errors.js';
import type { BuildOptions } from './build.js';
import type { BuildRequest } from './plan/request.js';

export interface CheckFinding {
  readonly rule: string;
  readonly message: string;
  readonly url?: string;
  readonly location?: SourceLocation;
}

export interface CheckResult {
  readonly findings: readonly CheckFinding[];
  /** `# check=error=true` (or BUILDKIT_DOCKERFILE_CHECK) makes findings an error of a build. */
  readonly isError: boolean;
}

export async function check(request: BuildRequest, options: BuildOptions = {}): Promise<CheckResult> {
  void request;
  void options;
  throw new Error('being written');
}
