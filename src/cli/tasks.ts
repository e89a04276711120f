// The commands by what they are for, in the order in which help lists them.
import type { CommandRow } from './command-row.js';
import { COMMANDS } from './command-table.js';

export interface Task {
  readonly title: string;
  readonly commands: readonly Pick<CommandRow, 'name' | 'summary'>[];
}

/** First words of commands, by task. */
const TASKS: readonly (readonly [title: string, words: readonly string[]])[] = [
  ['Build', ['build', 'bake', 'init', 'check', 'builds', 'logs --build', 'why', 'debug', 'report']],
  ['Images', ['images', 'tag', 'rmi', 'inspect', 'history', 'tree', 'diff', 'save', 'load']],
  ['Registries', ['pull', 'push', 'login', 'logout', 'manifest', 'sign', 'verify', 'copy']],
  ['This machine', ['doctor', 'du', 'prune', 'completion']],
];

/** They have no options. */
const OF_THE_COMMAND_LINE = [
  { name: 'version', summary: 'Print the version; --json for programs' },
  { name: 'help', summary: 'Print the help of a command' },
];

/** What no task names runs containers. */
export function commandsByTask(): readonly Task[] {
  const taskOf = (name: string): string | undefined =>
    TASKS.find(([, words]) => words.includes(name) || words.includes(name.split(' ')[0]!))?.[0];
  const rows: readonly Pick<CommandRow, 'name' | 'summary'>[] = COMMANDS;
  const others = rows.filter(({ name }) => taskOf(name) === undefined);
  const known = TASKS.map(([title]) => ({
    title,
    commands: rows.filter(({ name }) => taskOf(name) === title),
  }));
  const [build, ...rest] = known;
  const tasks = [build!, { title: 'Containers', commands: others }, ...rest];
  const last = tasks.at(-1)!;
  return [
    ...tasks.slice(0, -1).filter(({ commands }) => commands.length > 0),
    { ...last, commands: [...last.commands, ...OF_THE_COMMAND_LINE] },
  ];
}
