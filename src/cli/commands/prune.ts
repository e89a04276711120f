// `tsbuild prune`: frees disk space, after a question on a terminal.
import { createInterface } from 'node:readline/promises';
import { TsbuildError } from '../../core/errors.js';
import type { PruneRequest } from '../../index.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { parseSize } from '../parse/size.js';
import { refusePositionals } from '../refuse-positionals.js';
import { escapeMessage } from '../render/escape.js';
import { renderJson } from '../render/json.js';
import { renderPruned } from '../render/pruned.js';
import { tableStyleOf } from '../render/table.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { runHelp } from './help.js';

/** The exit status; 0 also when the user says no. @throws TsbuildError OPTION_*, STORE_*, ABORTED */
export async function runPrune(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'prune', host.env);
  if (args.flag('help')) return runHelp(['prune'], host);
  refusePositionals(args.positionals, 'prune');
  const request = requestOf(args, host);
  const isDryRun = request.isDryRun === true;
  if (!args.flag('force') && !isDryRun && !(await isWanted(warningOf(request), host))) return 0;
  const api = await host.loadApi();
  const { env, cwd, signal } = host;
  const result = await api.prune(request, {
    env,
    cwd,
    signal,
    onEvent: (event) => {
      if (event.kind === 'note') host.stderr.write(`note: ${escapeMessage(event.message)}\n`);
    },
  });
  const isJson = args.text('format') === 'json';
  host.stdout.write(
    isJson
      ? renderJson(result)
      : renderPruned(result, { isDryRun, style: await tableStyleOf(host.stdout, env) }),
  );
  return 0;
}

function requestOf(args: ParsedArguments, host: CliHost): PruneRequest {
  const size = (name: 'max-used-space' | 'reserved-space' | 'min-free-space' | 'keep-storage') => {
    const text = args.text(name);
    return text === undefined ? undefined : parseSize(text, `--${name}`);
  };
  const keep = size('keep-storage');
  if (keep !== undefined)
    host.stderr.write('WARNING: --keep-storage is the old name of --reserved-space; use that\n');
  const [maxUsedBytes, reservedBytes, minFreeBytes] = [
    size('max-used-space'),
    size('reserved-space') ?? keep,
    size('min-free-space'),
  ];
  return {
    isAll: args.flag('all'),
    filters: args.list('filter'),
    ...(maxUsedBytes !== undefined && { maxUsedBytes }),
    ...(reservedBytes !== undefined && { reservedBytes }),
    ...(minFreeBytes !== undefined && { minFreeBytes }),
    isDryRun: args.flag('dry-run'),
    isEverything: args.flag('everything'),
  };
}

function warningOf({ isAll, isEverything, filters = [], ...limits }: PruneRequest): string {
  const isEach = isAll || filters.length > 0 || Object.keys(limits).some((name) => name.endsWith('Bytes'));
  if (isEverything) return 'This removes the whole store: all images, all cache.';
  if (isEach)
    return 'This deletes cache, base images and cache mounts that no image name and no running build holds.';
  return 'This deletes cache that no image name, no running build and no last build needs.';
}

/** Asked on a terminal; elsewhere nobody can answer. @throws TsbuildError OPTION_INVALID */
async function isWanted(warning: string, host: CliHost): Promise<boolean> {
  const stdin = host.stdin as NodeJS.ReadableStream & { readonly isTTY?: boolean };
  if (stdin.isTTY !== true)
    throw new TsbuildError(
      'OPTION_INVALID',
      'prune asks before it deletes, and standard input is no terminal',
      {
        hint: 'add --force to delete without a question, or --dry-run to see what would go',
      },
    );
  const question = createInterface({ input: stdin, output: host.stderr });
  try {
    const answer = await question.question(`${warning} Go on? [y/N] `, { signal: host.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    question.close();
  }
}
