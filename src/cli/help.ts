// `--help`, made from the option table.
import { findCommand, type CommandName } from './command-table.js';
import { EXAMPLES } from './examples.js';
import { usageOf as written, type OptionGroup, type OptionSpec } from './option-spec.js';
import { optionsOf } from './options.js';
import { commandsByTask } from './tasks.js';

export const GROUPS: readonly OptionGroup[] = [
  'Image',
  'Inputs',
  'Output',
  'Cache',
  'Steps',
  'Container',
  'Process',
  'Files',
  'Network',
  'Rights',
  'Limits',
  'Health and restart',
  'Options',
  'Display',
];

/** Text of at most `width` columns. */
export function renderHelp(command: CommandName, width: number): string {
  const specs = optionsOf(command).filter((spec) => !spec.hidden);
  const left = Math.min(34, Math.max(...specs.map((spec) => usageOf(spec).length)) + 2);
  const sections = GROUPS.flatMap((group) => {
    const rows = specs.filter((spec) => spec.group === group).flatMap((spec) => rowOf(spec, left, width));
    return rows.length === 0 ? [] : ['', `${group}:`, rows.join('\n')];
  });
  return [...introductionOf(command), ...sections, ''].join('\n');
}

function introductionOf(command: CommandName): string[] {
  const { usage, introduction } = findCommand(command)!;
  const examples = examplesOf(command);
  const head = [`Usage: tsbuild ${usage}`, '', introduction, ...examples];
  return command === 'build' ? [...head, ...commandRows()] : head;
}

function examplesOf(command: CommandName): string[] {
  const examples = EXAMPLES[command] ?? [];
  const lines = examples.flatMap(({ task, line }) => [`  # To ${task}:`, `  ${line}`]);
  return lines.length === 0 ? [] : ['', 'Examples:', ...lines];
}

function commandRows(): string[] {
  const tasks = commandsByTask();
  const left = Math.max(...tasks.flatMap(({ commands }) => commands.map(({ name }) => name.length))) + 2;
  return tasks.flatMap(({ title, commands }) => [
    '',
    `${title}:`,
    ...commands.map(({ name, summary }) => `  ${name.padEnd(left)}${summary}`),
  ]);
}

function usageOf(spec: OptionSpec): string {
  const alias = spec.alias ? `-${spec.alias}, ` : '    ';
  return `  ${alias}${written(spec)}`;
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
