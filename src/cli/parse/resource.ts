// `--resource KEY=VALUE` of buildx, and `cpu` and `pids`, which docker run has.
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { StepResources } from '../../plan/request.js';
import { parseSize } from './size.js';

const READERS: Readonly<Record<string, (text: string) => StepResources>> = {
  memory: (text) => ({ memoryBytes: parseSize(text, '--resource memory') }),
  'memory-swap': (text) => ({
    memorySwapBytes: text === '-1' ? -1 : parseSize(text, '--resource memory-swap'),
  }),
  cpu: (text) => ({ cpus: numberOf('cpu', text, /^\d*\.?\d+$/) }),
  'cpu-shares': (text) => ({ cpuShares: between('cpu-shares', text, 2, 262_144) }),
  'cpu-period': (text) => ({ cpuPeriod: between('cpu-period', text, 1000, 1_000_000) }),
  'cpu-quota': (text) => ({ cpuQuota: numberOf('cpu-quota', text, /^(-1|\d{4,})$/) }),
  'cpuset-cpus': (text) => ({ cpusetCpus: setOf('cpuset-cpus', text) }),
  'cpuset-mems': (text) => ({ cpusetMems: setOf('cpuset-mems', text) }),
  pids: (text) => ({ pids: between('pids', text, 1, 4_194_304) }),
};

/** All that were given, the last of equal keys. @throws TsbuildError OPTION_INVALID, OPTION_CONFLICT */
export function parseResources(texts: readonly string[]): StepResources {
  const resources = Object.assign({}, ...texts.map(parseOne)) as StepResources;
  const { memoryBytes, memorySwapBytes } = resources;
  if (resources.cpus !== undefined && resources.cpuQuota !== undefined)
    throw new TsbuildError('OPTION_CONFLICT', '--resource cpu and cpu-quota are two ways to say the same');
  if (memorySwapBytes !== undefined && memoryBytes === undefined)
    throw new TsbuildError('OPTION_CONFLICT', '--resource memory-swap needs memory', {
      hint: 'memory-swap counts memory and swap together',
    });
  if (memorySwapBytes !== undefined && memorySwapBytes !== -1 && memorySwapBytes < (memoryBytes ?? 0))
    throw new TsbuildError('OPTION_CONFLICT', '--resource memory-swap is smaller than memory', {
      hint: 'memory-swap counts memory and swap together',
    });
  return resources;
}

function parseOne(text: string): StepResources {
  const [, key = '', value = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const read = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
  if (read) return read(value);
  const known = Object.keys(READERS);
  const message =
    key === '' ? `invalid resource: ${text}` : `unknown resource: ${key}${didYouMean(key, known)}`;
  throw new TsbuildError('OPTION_INVALID', message, { hint: `write KEY=VALUE with ${known.join(', ')}` });
}

function between(key: string, text: string, least: number, most: number): number {
  const number = numberOf(key, text, /^\d+$/);
  if (number >= least && number <= most) return number;
  throw invalid(key, text, `from ${least} to ${most}`);
}

function numberOf(key: string, text: string, form: RegExp): number {
  if (form.test(text) && Number(text) !== 0 && Number.isFinite(Number(text))) return Number(text);
  throw invalid(key, text, 'a number');
}

/** A list as the kernel takes it: `0-2,5`. */
function setOf(key: string, text: string): string {
  if (/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return text;
  throw invalid(key, text, 'a list such as 0-2,5');
}

function invalid(key: string, text: string, expected: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `invalid value for --resource ${key}: ${text} (${expected})`);
}
