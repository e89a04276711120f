// `tsbuild login`: whose password it is, from options, standard input or the terminal; what was kept where.
import { TsbuildError } from '../../core/errors.js';
import type { LoginResult } from '../../index.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { registryArgument } from '../parse/registry-argument.js';
import { isInteractive, prompt } from '../prompt.js';
import { withRegistrySettings } from '../registry-settings.js';
import { escapeLine } from '../render/escape.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';

/** @throws TsbuildError OPTION_*, and as login of the library */
export async function runLogin(argv: readonly string[], caller: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'login', caller.env);
  const host = withRegistrySettings(args, caller);
  if (args.flag('help')) return runHelp(['login'], host);
  const registry = registryArgument(args.positionals, 'login');
  const authFile = args.text('authfile');
  const given = await credentialsOf(args, registry, host);
  const api = await host.loadApi();
  const { signal, env, cwd } = host;
  const result = await api.login(
    {
      ...given,
      ...(registry === undefined ? {} : { registry }),
      ...(authFile === undefined ? {} : { authFile }),
    },
    {
      signal,
      env,
      cwd,
      onEvent: (event) => {
        if (event.kind === 'note') host.stderr.write(`${escapeLine(event.message)}\n`);
      },
    },
  );
  if (result.isPlain) host.stderr.write(plainWarning(result));
  host.print(
    result.isChecked
      ? 'Login Succeeded\n'
      : `Credentials stored, but not checked: ${result.registry} asks nobody for them\n`,
  );
  return 0;
}

function plainWarning({ keptIn }: LoginResult): string {
  return (
    `WARNING! Your credentials are stored unencrypted in '${escapeLine(keptIn)}'.\n` +
    `Configure a credential helper there (credsStore, credHelpers) to keep them elsewhere.\n`
  );
}

interface Given {
  readonly username: string;
  readonly password: string;
}

async function credentialsOf(
  args: ParsedArguments,
  registry: string | undefined,
  host: CliHost,
): Promise<Given> {
  const [user, typed] = [args.text('username'), args.text('password')];
  if (args.flag('password-stdin') && typed !== undefined)
    throw new TsbuildError('OPTION_CONFLICT', '--password and --password-stdin are mutually exclusive');
  if (args.flag('password-stdin') || typed === '-') {
    if (user === undefined) {
      throw new TsbuildError('OPTION_INVALID', 'must provide --username with --password-stdin', {
        hint: 'add -u USER',
      });
    }
    return { username: user, password: withoutLineEnd(await readAll(host)) };
  }
  if (typed !== undefined)
    host.stderr.write('WARNING! Using --password is insecure. Use --password-stdin.\n');
  if (user === undefined || typed === undefined) refuseUnattended(registry, host);
  const username = user ?? (await prompt('Username: ', host)).trim();
  return { username, password: typed ?? (await prompt('Password: ', host, { isSecret: true })) };
}

function refuseUnattended(registry: string | undefined, host: CliHost): void {
  if (isInteractive(host)) return;
  const name = registry === undefined ? '' : ` ${registry}`;
  throw new TsbuildError('OPTION_INVALID', 'cannot ask for a user name and a password without a terminal', {
    hint: `write: echo "$TOKEN" | tsbuild login -u USER --password-stdin${name}`,
  });
}

const MAX_PASSWORD = 64 << 10;

async function readAll({ stdin }: CliHost): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_PASSWORD)
      throw new TsbuildError('OPTION_INVALID', 'standard input is longer than a password can be (64 KiB)');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** One, as echo and a file have it; a password may end with another. */
function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
