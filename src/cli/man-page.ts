// The man page, made from the tables of commands, options and examples (man(7)).
import { COMMANDS, type CommandName } from './command-table.js';
import { EXAMPLES } from './examples.js';
import { describe, GROUPS } from './help.js';
import { usageOf, type OptionSpec } from './option-spec.js';
import { optionsOf } from './options.js';
import { commandsByTask } from './tasks.js';

export interface ManPageOptions {
  readonly version: string;
  /** Name of the status, and the number: what the process ends with. */
  readonly exits: readonly (readonly [meaning: string, status: number])[];
}

/** Text of section 1. */
export function renderManPage({ version, exits }: ManPageOptions): string {
  const lines = [
    '.\\" Made by scripts/check-docs.mjs: do not edit.',
    `.TH TSBUILD 1 "" "tsbuild ${version}" "User Commands"`,
    '.SH NAME',
    'tsbuild \\- build images from Dockerfiles without a daemon',
    '.SH SYNOPSIS',
    ...COMMANDS.flatMap(({ usage }, index) => [...(index === 0 ? [] : ['.br']), `.B tsbuild ${text(usage)}`]),
    '.SH DESCRIPTION',
    'tsbuild builds OCI images from Dockerfiles, keeps them in a store of the user, and hands them to registries, archives and',
    'container engines. It needs no daemon, no root and no compiler.',
    '.SH COMMANDS',
    ...commandsByTask().flatMap(({ title, commands }) => [
      `.SS ${text(title)}`,
      ...commands.flatMap(({ name, summary }) => ['.TP', `.B ${text(name)}`, line(summary)]),
    ]),
    ...COMMANDS.flatMap(({ name }) => sectionOf(name)),
    '.SH EXIT STATUS',
    ...exits.flatMap(([meaning, status]) => ['.TP', `.B ${status}`, line(meaning)]),
    '.SH FILES',
    '.TP',
    '.I $TSBUILD_ROOT',
    'The store; by default in the folder for data of the user.',
    '.SH SEE ALSO',
    'The folder docs of the package.',
  ];
  return `${lines.join('\n')}\n`;
}

function sectionOf(command: CommandName): readonly string[] {
  const { usage, introduction } = COMMANDS.find(({ name }) => name === command)!;
  const specs = optionsOf(command).filter((spec) => !spec.hidden);
  const examples = EXAMPLES[command] ?? [];
  return [
    `.SH "TSBUILD ${text(command).toUpperCase()}"`,
    `.B tsbuild ${text(usage)}`,
    '.PP',
    ...introduction.split('\n').map(line),
    ...GROUPS.flatMap((group) => {
      const rows = specs.filter((spec) => spec.group === group);
      return rows.length === 0 ? [] : [`.SS ${text(group)}`, ...rows.flatMap(optionOf)];
    }),
    ...(examples.length === 0 ? [] : ['.SS Examples']),
    ...examples.flatMap(({ task, line: example }) => [
      '.PP',
      line(`To ${task}:`),
      '.PP',
      '.nf',
      `    ${line(example)}`,
      '.fi',
    ]),
  ];
}

function optionOf(spec: OptionSpec): readonly string[] {
  const alias = spec.alias ? `-${spec.alias}, ` : '';
  return ['.TP', `.B ${text(`${alias}${usageOf(spec)}`)}`, line(describe(spec))];
}

/** A line of text: what begins with a dot or a quote would be an instruction. */
function line(content: string): string {
  return /^[.']/.test(content) ? `\\&${text(content)}` : text(content);
}

/** Minus signs stay what they are, so that they can be copied; signs beyond ASCII have names. */
function text(content: string): string {
  return content
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll("'", '\\(aq')
    .replace(
      /[^\x20-\x7e]/g,
      (sign) => `\\[u${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}
