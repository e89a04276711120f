// The options that let a build take this machine's shell with the files it needs, wherever its distribution keeps them:
//   tsbuild $(node scripts/host-shell.mjs) -t hello:1 fixtures/hello
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** What ldd(1) says the shell is loaded with: `libc.so.6 => /lib/libc.so.6 (0x…)`, `/lib64/ld-linux-x86-64.so.2 (0x…)`. */
function filesOfShell() {
  const { stdout } = spawnSync('ldd', ['/bin/sh'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  });
  const paths = [...(stdout ?? '').matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path);
  const loader = paths.find((path) => /\/ld[-.]/.test(path));
  // A static shell needs neither.
  return { loader: loader ?? '/bin/sh', libraries: paths.filter((path) => path !== loader) };
}

export function hostShellOptions() {
  const { loader, libraries } = filesOfShell();
  const values = [`LOADER=${loader}`, ...libraries.map((path, i) => `LIBRARY${i + 1}=${path}`)];
  return ['--build-context', 'host=/', ...values.flatMap((value) => ['--build-arg', value])];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(hostShellOptions().join(' '));
