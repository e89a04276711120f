// `tsbuild run` and `tsbuild create`.
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { StreamOptions } from '../../index.js';
import { callOptions } from '../call-options.js';
import { containerRequestOf } from '../container-request.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { attachedStreams } from '../parse/attached-streams.js';
import { checkPositionals } from '../positionals.js';
import { ignoredOptions } from '../refused-options.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';

/** The exit status of the container; 0 for one that is left running. @throws TsbuildError */
export async function runRun(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'run', host.env);
  if (args.flag('help')) return runHelp(['run'], host);
  checkPositionals('run', args.positionals, { least: 1 });
  tellIgnored(args, host);
  const isDetached = args.flag('detach');
  const attach = attachedStreams(args.list('attach'));
  if (isDetached && attach.length > 0)
    throw new TsbuildError(
      'OPTION_CONFLICT',
      'conflicting options: cannot specify both --attach and --detach',
    );
  refuseMissingTerminal(args, host, isDetached);
  const api = await host.loadApi();
  const request = containerRequestOf(args, host, api);
  const detachKeys = args.text('detach-keys');
  const { id, exitCode = 0 } = await api.run(
    {
      ...request,
      isDetached,
      ...(attach.length > 0 && { attach }),
      ...(detachKeys !== undefined && { detachKeys }),
      isSignalProxied: args.text('sig-proxy') !== 'false',
    },
    streamOptions(args, host),
  );
  if (isDetached) host.print(`${id}\n`);
  return exitCode;
}

/** The exit status. Prints the id. @throws TsbuildError */
export async function runCreate(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'create', host.env);
  if (args.flag('help')) return runHelp(['create'], host);
  checkPositionals('create', args.positionals, { least: 1 });
  tellIgnored(args, host);
  const api = await host.loadApi();
  const { id } = await api.createContainer(containerRequestOf(args, host, api), streamOptions(args, host));
  host.print(`${id}\n`);
  return 0;
}

/** A container that reads a terminal needs one here (docker/cli container/run.go CheckTty). */
export function refuseMissingTerminal(args: ParsedArguments, host: CliHost, isDetached: boolean): void {
  const isStdinRead = args.flag('tty') && args.flag('interactive') && !isDetached;
  if (!isStdinRead || (host.stdin as { readonly isTTY?: boolean }).isTTY === true) return;
  throw new TsbuildError(
    'OPTION_INVALID',
    'cannot attach stdin to a TTY-enabled container because stdin is not a terminal',
    { hint: 'leave out -t, or run it in a terminal' },
  );
}

function tellIgnored(args: ParsedArguments, host: CliHost): void {
  for (const sentence of ignoredOptions(args)) host.stderr.write(`note: ${sentence}\n`);
}

/** Streams of a command that follows a container are opened when they are used. */
export function streamsOf(host: CliHost): StreamOptions {
  return {
    ...callOptions(host),
    onSignalsProxied: host.letSignalsGo,
    get stdin() {
      return host.stdin;
    },
    get stdout() {
      return host.stdout;
    },
    get stderr() {
      return host.stderr;
    },
  };
}

function streamOptions(args: ParsedArguments, host: CliHost): StreamOptions {
  const name = args.text('cidfile');
  const path = name === undefined ? undefined : resolve(host.cwd, name);
  if (path !== undefined && existsSync(path))
    throw new TsbuildError(
      'OPTION_INVALID',
      `container ID file found, make sure the other container isn't running or delete ${name}`,
    );
  const streams = streamsOf(host);
  if (path === undefined) return streams;
  return Object.defineProperties(
    { onCreated: (id: string) => writeIdFile(path, id) },
    Object.getOwnPropertyDescriptors(streams),
  );
}

function writeIdFile(path: string, id: string): void {
  try {
    writeFileSync(path, id, { flag: 'wx' });
  } catch (cause) {
    throw new TsbuildError('OUTPUT_FAILED', `failed to create the container ID file ${path}`, { cause });
  }
}
