// Environment lists as images keep them: `K=V` strings in an order that matters.
import { OrderedTable } from './ordered-table.js';

function splitVariable(text: string): [key: string, value: string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Variables as a RUN gets them (BuildKit's llb.EnvList): a key that is set again moves to the end. */
export function variablesOf(list: Iterable<string>): OrderedTable<string> {
  return OrderedTable.of('moves', pairsOf(list));
}

export function* pairsOf(list: Iterable<string>): Generator<[key: string, value: string]> {
  for (const variable of list) yield splitVariable(variable);
}

export function listOf(variables: OrderedTable<string>): string[] {
  return variables.entries().map(([key, value]) => `${key}=${value}`);
}

/** As Config.Env changes: the first variable of a key is replaced where it stands, a new key comes last. */
export function replaceInList(list: readonly string[], changes: OrderedTable<string>): string[] {
  const pending = new Map(changes.entries());
  const replaced = list.map((variable) => {
    const [key] = splitVariable(variable);
    const value = pending.get(key);
    return pending.delete(key) ? `${key}=${value}` : variable;
  });
  return [...replaced, ...[...pending].map(([key, value]) => `${key}=${value}`)];
}

export function lookup(env: readonly string[], key: string): string | undefined {
  const variable = env.find((v) => splitVariable(v)[0] === key);
  return variable === undefined ? undefined : splitVariable(variable)[1];
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
