// A definition out of texts, for tests.
import { printDefinition } from '../../../src/bake/print.js';
import { readDefinition } from '../../../src/bake/read-definition.js';
import { resolveTargets } from '../../../src/bake/resolve.js';
import type { Definition } from '../../../src/bake/definition.js';

export interface Given {
  readonly files: Readonly<Record<string, string>>;
  readonly targets?: readonly string[];
  readonly set?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export function definitionOf({ files, env = {} }: Pick<Given, 'files' | 'env'>): Definition {
  const lookUp = (name: string): string | undefined => env[name];
  const texts = Object.entries(files).map(([name, text]) => ({ kind: 'text' as const, name, text }));
  return readDefinition(texts, {
    lookUp,
    lookUpForCompose: lookUp,
    localPlatform: 'linux/amd64',
    now: 1_700_000_000,
    home: '/home/u',
  });
}

/** What `--print` shows, read again. */
export function printed({ targets = ['default'], set = [], ...given }: Given): {
  readonly group: Record<string, { readonly targets: readonly string[] }>;
  readonly target: Record<string, Record<string, unknown>>;
} {
  return JSON.parse(printedText({ targets, set, ...given }));
}

export function printedText({ targets = ['default'], set = [], env = {}, files }: Given): string {
  const resolved = resolveTargets(definitionOf({ files, env }), {
    targets,
    overrides: set,
    env: (name) => env[name],
  });
  return printDefinition(resolved);
}

/** The arguments of the target `app` of an HCL file. */
export function argsOf(hcl: string, env: Readonly<Record<string, string>> = {}): unknown {
  return printed({ files: { 'docker-bake.hcl': hcl }, targets: ['app'], env }).target['app']!['args'];
}
