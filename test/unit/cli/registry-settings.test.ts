import test from 'ava';
import type { CliHost } from '../../../src/cli/host.js';
import { optionsOf } from '../../../src/cli/options.js';
import { withRegistrySettings } from '../../../src/cli/registry-settings.js';
import { typedArguments } from '../../../src/cli/typed-arguments.js';
import { yargsArguments } from '../../../src/cli/yargs-arguments.js';

/** A host of which no stream may be opened, with what the options make of it. */
function envOf(argv: string[], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const specs = optionsOf('pull');
  const host = {
    env,
    cwd: '/work',
    get stdin(): never {
      throw new Error('standard input was opened');
    },
  } as unknown as CliHost;
  const changed = withRegistrySettings(typedArguments(yargsArguments(argv, specs), specs, env), host);
  if (argv.length === 0 && Object.keys(env).length === 0) return changed === host ? {} : { changed: 'yes' };
  return changed.env;
}

test('--authfile and --ca-cert are settings of the environment, relative to the working directory', (t) => {
  t.deepEqual(envOf(['--authfile', 'a.json', '--ca-cert', 'b.pem', '--ca-cert=/c.pem'], { A: '1' }), {
    A: '1',
    REGISTRY_AUTH_FILE: '/work/a.json',
    TSBUILD_CA_CERT: '/work/b.pem:/c.pem',
  });
});

test('the variables stay, and an option is more', (t) => {
  const env = { REGISTRY_AUTH_FILE: '/a.json', TSBUILD_CA_CERT: '/a.pem:/b.pem' };
  t.deepEqual(envOf([], env), env);
  t.deepEqual(envOf(['--authfile', '/z.json', '--ca-cert', '/z.pem'], env), {
    REGISTRY_AUTH_FILE: '/z.json',
    TSBUILD_CA_CERT: '/z.pem',
  });
});

test('without options nothing changes', (t) => {
  t.deepEqual(envOf([], {}), {});
});
