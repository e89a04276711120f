// The report of a build whose log is kept, as a file or on standard output.
import { filledText, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { findBuild } from '../store/build-logs/kept-builds.js';
import { outputOf } from '../standard-streams.js';
import { tryOutputs } from '../try-outputs.js';
import { writeReport } from '../write-report.js';
import { onEngine } from './on-engine.js';

export interface ReportRequest {
  /** An id of a build, or its beginning; default the last build. */
  readonly build?: string;
  /** A path, or `-` for standard output; default `build-report.html`. */
  readonly output?: string;
}

export interface ReportResult {
  /** The id of the build. */
  readonly build: string;
}

const reportRequest = object({ build: filledText, output: filledText });

/**
 * Writes a page of HTML about a build, which also may have failed.
 * @throws TsbuildError OPTION_INVALID when there is no such build, OUTPUT_FAILED, STORE_*, ABORTED
 */
export async function report(request: ReportRequest = {}, options: BuildOptions = {}): Promise<ReportResult> {
  reportRequest(request, 'request');
  const { build: wanted, output = 'build-report.html' } = request;
  return onEngine(options, async ({ engine, signal, cwd }) => {
    const build = findBuild(engine.store.paths, wanted);
    if (output !== '-') tryOutputs({ report: output }, cwd);
    await writeReport(engine, build, { dest: output, cwd, signal, stdout: () => outputOf(options) });
    return { build };
  });
}
