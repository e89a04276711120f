// `tsbuild init [PATH]`: files for a project, and what to do next.
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError */
export async function runInit(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'init', host.env);
  if (args.flag('help')) return runHelp(['init'], host);
  checkPositionals('init', args.positionals, { least: 0, most: 1 });
  const [path = '.'] = args.positionals;
  const dryRun = args.flag('stdout');
  const api = await host.loadApi();
  const { cwd, env, signal } = host;
  const { manager, framework, port, files } = await api.initProject(
    { path, force: args.flag('force'), dryRun },
    { cwd, env, signal },
  );
  if (dryRun) {
    host.stdout.write(files[0]!.content);
    return 0;
  }
  const kind = framework === 'node' ? 'a program for Node' : `a project with ${WORDS[framework]}`;
  host.stdout.write(`This is ${kind}, installed by ${manager}.\n`);
  for (const file of files) host.stdout.write(`wrote ${file.path}\n`);
  host.stdout.write(`Build it: tsbuild -t app ${path}\n`);
  host.stdout.write(`Run it:   tsbuild run --rm -p ${port}:${port} app\n`);
  return 0;
}

const WORDS: Readonly<Record<string, string>> = { next: 'Next.js', vite: 'Vite', nest: 'Nest' };
