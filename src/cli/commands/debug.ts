// `tsbuild debug`: a shell, or another command, where a RUN of a build failed.
import { TsbuildError } from '../../core/errors.js';
import type { StreamOptions } from '../../index.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { renderShell } from '../render/shell.js';
import { runHelp } from './help.js';
import { streamsOf } from './run.js';

/** The exit status of the shell or command. @throws TsbuildError */
export async function runDebug(argv: readonly string[], host: CliHost): Promise<number> {
  const end = argv.indexOf('--');
  const [own, command] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end + 1)];
  const args = await parseArguments(own, 'debug', host.env);
  if (args.flag('help')) return runHelp(['debug'], host);
  checkPositionals('debug', args.positionals, { least: 0, most: 1 });
  const [build] = args.positionals;
  const step = args.text('step');
  const isAfter = args.flag('after');
  const api = await host.loadApi();
  const { exitCode } = await api.debugBuild(
    {
      ...(build !== undefined && { build }),
      ...(step !== undefined && { step: numberOf(step) }),
      ...(command.length > 0 && { command }),
      ...(isAfter && { isAfter }),
    },
    command.length > 0 ? streamsOf(host) : withTitle(host, { isAfter, isOfStep: step !== undefined }),
  );
  return exitCode;
}

/** @throws TsbuildError OPTION_INVALID */
function numberOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new TsbuildError(
    'OPTION_INVALID',
    `invalid value for "--step": ${JSON.stringify(text)} is no number`,
    {
      hint: 'write 3 for [build 3/7]',
    },
  );
}

/** Says before the shell what it is. */
function withTitle(
  host: CliHost,
  { isAfter, isOfStep }: { readonly isAfter: boolean; readonly isOfStep: boolean },
): StreamOptions {
  const streams = streamsOf(host);
  const onEvent: StreamOptions['onEvent'] = (event) => {
    streams.onEvent?.(event);
    if (event.kind !== 'shell-open') return;
    const files = isOfStep ? 'below that step' : isAfter ? 'as it left them' : 'from before it';
    host.stderr.write(renderShell(event, { files }));
  };
  return Object.defineProperties({ onEvent }, withoutEvents(streams));
}

function withoutEvents(streams: StreamOptions): PropertyDescriptorMap {
  const { onEvent: _, ...others } = Object.getOwnPropertyDescriptors(streams);
  return others as PropertyDescriptorMap;
}
