// `--help`, made from the option table.
import type { CommandName, OptionGroup, OptionSpec } from './option-spec.js';
import { optionsOf } from './options.js';

export const GROUPS: readonly OptionGroup[] = ['Image', 'Inputs', 'Output', 'Cache', 'Steps', 'Display'];

const INTRODUCTION: Readonly<Record<CommandName, string>> = {
  build: `Usage: tsbuild [build] [OPTIONS] PATH | URL | -
       tsbuild check [OPTIONS] [PATH…]
       tsbuild doctor [--json]
       tsbuild version | help [COMMAND]

Builds an image from a Dockerfile. PATH is the build context: a directory, a git or http(s) URL,
or - for a tar archive or a Dockerfile on standard input.`,
  check: `Usage: tsbuild check [OPTIONS] [PATH…]

Runs the build checks on Dockerfiles without building. PATH is a Dockerfile, a directory that holds
one, or a pattern such as '**/Dockerfile*'; default the current directory. Exits with 1 on findings.`,
  doctor: `Usage: tsbuild doctor [--json]

Tries every way to isolate a RUN on this machine and says which one a build would use, why the others do
not work, and which command would enable them. Exits with 5 when none works.`,
};

/** Text of at most `width` columns. */
export function renderHelp(command: CommandName, width: number): string {
  const specs = optionsOf(command).filter((spec) => !spec.hidden);
  const left = Math.min(34, Math.max(...specs.map((spec) => usageOf(spec).length)) + 2);
  const sections = GROUPS.flatMap((group) => {
    const rows = specs.filter((spec) => spec.group === group).flatMap((spec) => rowOf(spec, left, width));
    return rows.length === 0 ? [] : ['', `${group}:`, rows.join('\n')];
  });
  return [INTRODUCTION[command], ...sections, ''].join('\n');
}

function usageOf(spec: OptionSpec): string {
  const alias = spec.alias ? `-${spec.alias}, ` : '    ';
  return `  ${alias}--${spec.name}${spec.argument ? ` ${spec.argument}` : ''}`;
}

function rowOf(spec: OptionSpec, left: number, width: number): string[] {
  const usage = usageOf(spec);
  const lines = wrap(describe(spec), Math.max(30, width - left));
  const pad = ' '.repeat(left);
  if (usage.length + 2 > left) return [usage, ...lines.map((line) => pad + line)];
  return lines.map((line, i) => (i === 0 ? usage.padEnd(left) : pad) + line);
}

/** The description with whether it may be repeated, its default and its variable. */
export function describe(spec: OptionSpec): string {
  const remarks = [
    ...(spec.kind === 'list' ? ['repeatable'] : []),
    ...(spec.default === undefined ? [] : [`default ${spec.default}`]),
    ...(spec.env === undefined ? [] : [`env ${spec.env}`]),
  ];
  return remarks.length === 0 ? spec.description : `${spec.description} (${remarks.join(', ')})`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
