// The shape of a row of the option table and the three kinds of rows.
import type { BuildRequest } from '../index.js';
import type { CommandName } from './command-table.js';

export type { CommandName } from './command-table.js';
export type OptionGroup =
  | 'Image'
  | 'Inputs'
  | 'Output'
  | 'Cache'
  | 'Steps'
  | 'Container'
  | 'Process'
  | 'Files'
  | 'Network'
  | 'Rights'
  | 'Limits'
  | 'Health and restart'
  | 'Options'
  | 'Display';

/** What an option is for: the member of BuildRequest that it fills, or one of the three uses that stay in the CLI. */
export type OptionUse = keyof BuildRequest | 'cli' | 'refused' | 'ignored';

interface OptionDetails {
  /** One letter. */
  readonly alias?: string;
  readonly group: OptionGroup;
  readonly use: OptionUse;
  /** Value when the option is not given. */
  readonly default?: string;
  readonly choices?: readonly string[];
  /** Of an option whose value may be left out, and follows only after `=`: what it means alone. */
  readonly bare?: string;
  /** Variable that gives the value when the option is not given. */
  readonly env?: string;
  /** Accepted but left out of help and documentation. */
  readonly hidden?: true;
  readonly commands?: readonly CommandName[] | 'all';
  /** A valid value, for tests and documentation. */
  readonly example?: string;
  /** For `refused`: what to use in its place. */
  readonly instead?: string;
}

export interface OptionSpec<
  Name extends string = string,
  Kind extends OptionKind = OptionKind,
> extends OptionDetails {
  readonly name: Name;
  readonly kind: Kind;
  /** Name of the value in help. */
  readonly argument?: string;
  readonly description: string;
}

/** The option as it is written, with the name of its value. */
export function usageOf({ name, argument, bare }: OptionSpec): string {
  if (argument === undefined) return `--${name}`;
  return bare === undefined ? `--${name} ${argument}` : `--${name}[=${argument}]`;
}

/** `flag` takes no value (or `=true|false`), `value` one (the last wins), `list` may be repeated. */
export type OptionKind = 'flag' | 'value' | 'list';

export function flag<N extends string>(
  name: N,
  description: string,
  details: OptionDetails,
): OptionSpec<N, 'flag'> {
  return { name, kind: 'flag', description, ...details };
}

export function value<N extends string>(
  name: N,
  argument: string,
  description: string,
  details: OptionDetails,
): OptionSpec<N, 'value'> {
  return { name, kind: 'value', argument, description, ...details };
}

export function list<N extends string>(
  name: N,
  argument: string,
  description: string,
  details: OptionDetails,
): OptionSpec<N, 'list'> {
  return { name, kind: 'list', argument, description, ...details };
}
