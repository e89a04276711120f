// `tsbuild [build] [OPTIONS] PATH`: options to a request, events to a renderer, the result to the user.
import { TsbuildError } from '../../core/errors.js';
import type { BuildOptions, BuildRequest } from '../../index.js';
import { buildRequestOf } from '../build-request.js';
import type { CliHost } from '../host.js';
import type { ProgressMode } from '../options/build-options.js';
import { parseArguments } from '../parse-arguments.js';
import { parseCall } from '../parse/call.js';
import { ignoredOptions, refuseUnsupported } from '../refused-options.js';
import { withRegistrySettings } from '../registry-settings.js';
import { renderSummary } from '../render/summary.js';
import { withProgress } from '../with-progress.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError and whatever the build throws, after the progress has been left in order */
export async function runBuild(argv: readonly string[], caller: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'build', caller.env);
  const host = withRegistrySettings(args, caller);
  if (args.flag('help')) return runHelp([], host);
  refuseUnsupported(args);
  for (const sentence of ignoredOptions(args)) host.stderr.write(`WARNING: ${sentence}\n`);
  const call = parseCall(args.text('call') ?? 'build');
  const api = await host.loadApi();
  const request = buildRequestOf(args, { env: host.env, arch: host.arch, api });
  if (call.method === 'check' || args.flag('check')) {
    const { checkRequests } = await import('./check.js');
    const { dockerfile, context } = request;
    const place = dockerfile ? { file: dockerfile } : { file: context, folder: context };
    return checkRequests([{ ...place, request }], {
      format: call.format,
      api,
      host,
    });
  }
  refuseConsole(request, host);
  const mode: ProgressMode = args.flag('quiet') ? 'quiet' : (args.text('progress') as ProgressMode);
  const isDebug = args.flag('debug');
  const isExplained = args.flag('why');
  const progress = { mode, isDebug, isExplained, host, summarise: renderSummary };
  const isShellWanted = args.text('on-error') === 'shell' && hasTerminal(host);
  const result = await withProgress(progress, (options) =>
    api.build(request, isShellWanted ? withShell(options) : options),
  );
  const isStdoutUsed = request.outputs?.some((output) => 'dest' in output && output.dest === '-');
  if (mode === 'quiet' && result.configDigest !== undefined && !isStdoutUsed)
    host.print(`${result.configDigest}\n`);
  return 0;
}

/** Says why there is none: the same command may stand in a script that a terminal and a pipeline run. */
function hasTerminal({ stdin, stdout, stderr }: CliHost): boolean {
  const isTerminal = (stdin as { readonly isTTY?: boolean }).isTTY === true && stdout.isTTY === true;
  if (!isTerminal)
    stderr.write(
      'WARNING: --on-error=shell is ignored: standard input and output are no terminal (tsbuild debug opens the step later)\n',
    );
  return isTerminal;
}

/** By descriptors: the streams are opened when they are used. */
function withShell(options: BuildOptions): BuildOptions {
  return Object.defineProperties({ onError: 'shell' as const }, Object.getOwnPropertyDescriptors(options));
}

/** An archive on a terminal helps nobody. */
function refuseConsole(request: BuildRequest, host: CliHost): void {
  const output = request.outputs?.find((candidate) => 'dest' in candidate && candidate.dest === '-');
  if (!output || host.stdout.isTTY !== true) return;
  throw new TsbuildError(
    'OPTION_INVALID',
    `dest file is required for ${output.type} exporter. refusing to write to console`,
    {
      hint: `use --output type=${output.type},dest=FILE, or send standard output to a file`,
    },
  );
}
