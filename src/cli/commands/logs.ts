// `tsbuild logs CONTAINER`: what it has written, each output to its own.
import { TsbuildError } from '../../core/errors.js';
import { callOptions } from '../call-options.js';
import type { CliHost, Output } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { parseLogTime } from '../parse/log-time.js';
import { checkPositionals } from '../positionals.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';

const INTERRUPTED = 130;

/** The exit status. @throws TsbuildError */
export async function runLogs(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'logs', host.env);
  if (args.flag('help')) return runHelp(['logs'], host);
  if (args.flag('build')) {
    checkPositionals('logs', args.positionals, { least: 0, most: 1 });
    const { printBuildLog } = await import('./build-logs.js');
    return printBuildLog(args.positionals[0], host);
  }
  checkPositionals('logs', args.positionals, { least: 1, most: 1 });
  const [container = ''] = args.positionals;
  const tail = tailOf(args.text('tail'));
  const api = await host.loadApi();
  const chunks = await api.containerLogs(
    {
      container,
      isFollowing: args.flag('follow'),
      hasTimestamps: args.flag('timestamps'),
      ...(tail !== undefined && { tail }),
      ...timesOf(args, host.now()),
    },
    callOptions(host),
  );
  for await (const { stream, data } of chunks) {
    await writeTo(stream === 'stdout' ? host.stdout : host.stderr, data);
    if (host.isStdoutGone()) break;
  }
  return host.signal.aborted ? INTERRUPTED : 0;
}

/** `since` and `until`, where they are given. @throws TsbuildError OPTION_INVALID */
export function timesOf(
  args: ParsedArguments,
  now: number,
): { readonly since?: bigint; readonly until?: bigint } {
  const [since, until] = [args.text('since'), args.text('until')];
  return {
    ...(since !== undefined && { since: parseLogTime(since, '--since', now) }),
    ...(until !== undefined && { until: parseLogTime(until, '--until', now) }),
  };
}

/** Undefined for all: docker takes a number below 0 for that too. */
function tailOf(text = 'all'): number | undefined {
  if (text === 'all' || /^-\d+$/.test(text)) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new TsbuildError(
    'OPTION_INVALID',
    `invalid value for "--tail": ${JSON.stringify(text)} is no number`,
    {
      hint: 'write a number of lines, or all',
    },
  );
}

/** Ends when the stream has room again, or is gone: a reader that went away drains nothing. */
async function writeTo(stream: Output, data: Uint8Array): Promise<void> {
  if (stream.write(data)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
