// ARGs before the first FROM: defaults may use earlier ones; --build-arg wins.
// Spec: BuildKit's dockerfile2llb/convert.go (buildMetaArgs).
import type { ArgInstruction } from '../parser/instruction.js';
import { expandWord } from '../parser/expand-word.js';
import { TsbuildError } from '../core/errors.js';

export interface GlobalArgsInput {
  readonly automatic: ReadonlyMap<string, string>;
  readonly globalArgs: readonly ArgInstruction[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly escape: string;
}

export function evaluateGlobalArgs(input: GlobalArgsInput): Map<string, string> {
  const values = new Map(input.automatic);
  for (const key of input.automatic.keys()) {
    if (Object.hasOwn(input.buildArgs, key)) values.set(key, input.buildArgs[key]!);
  }
  for (const it of input.globalArgs) {
    for (const arg of it.args) {
      if (Object.hasOwn(input.buildArgs, arg.key)) values.set(arg.key, input.buildArgs[arg.key]!);
      else if (arg.value !== undefined)
        values.set(arg.key, expandGlobal(arg.value, values, it, input.escape));
    }
  }
  return values;
}

function expandGlobal(
  text: string,
  values: ReadonlyMap<string, string>,
  it: ArgInstruction,
  escape: string,
): string {
  try {
    return expandWord(text, (name) => values.get(name), { escape }).text;
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(it.location) : error;
  }
}
