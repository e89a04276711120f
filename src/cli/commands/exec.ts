// `tsbuild exec` and `tsbuild attach`.
import { callOptions } from '../call-options.js';
import { variablesOf } from '../container-request.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { runHelp } from './help.js';
import { refuseMissingTerminal, streamsOf } from './run.js';

/** The exit status of the command; 0 for one that is left running. @throws TsbuildError */
export async function runExec(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'exec', host.env);
  if (args.flag('help')) return runHelp(['exec'], host);
  checkPositionals('exec', args.positionals, { least: 2 });
  const isDetached = args.flag('detach');
  refuseMissingTerminal(args, host, isDetached);
  const [container = '', ...command] = args.positionals;
  const [user, workingDir, detachKeys] = [args.text('user'), args.text('workdir'), args.text('detach-keys')];
  const api = await host.loadApi();
  const { exitCode = 0 } = await api.execInContainer(
    {
      container,
      command,
      isDetached,
      isInteractive: args.flag('interactive'),
      isTerminal: args.flag('tty'),
      isPrivileged: args.flag('privileged'),
      env: variablesOf(args, host),
      ...(user !== undefined && { user }),
      ...(workingDir !== undefined && { workingDir }),
      ...(detachKeys !== undefined && { detachKeys }),
    },
    isDetached ? callOptions(host) : streamsOf(host),
  );
  return exitCode;
}

/** The exit status of the container; 0 when the keys left it running. @throws TsbuildError */
export async function runAttach(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'attach', host.env);
  if (args.flag('help')) return runHelp(['attach'], host);
  checkPositionals('attach', args.positionals, { least: 1, most: 1 });
  const [container = ''] = args.positionals;
  const detachKeys = args.text('detach-keys');
  const api = await host.loadApi();
  const { exitCode = 0 } = await api.attachContainer(
    {
      container,
      ...(args.flag('no-stdin') && { attach: ['stdout', 'stderr'] }),
      ...(detachKeys !== undefined && { detachKeys }),
      isSignalProxied: args.text('sig-proxy') !== 'false',
    },
    streamsOf(host),
  );
  return exitCode;
}
