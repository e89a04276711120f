// `--memory`, `--cpus` and the like of `run`, and the size of the log.
import { TsbuildError } from '../../core/errors.js';
import type { ContainerRequest } from '../../index.js';
import type { ParsedArguments } from '../typed-arguments.js';
import { parseSize } from './size.js';

const NANO = 1e9;
const LEAST_MEMORY = 6 * 1024 * 1024;
const DEFAULT_PERIOD = 100_000;

type Limits = Pick<
  ContainerRequest,
  | 'memory'
  | 'memorySwap'
  | 'nanoCpus'
  | 'cpuShares'
  | 'cpusetCpus'
  | 'pidsLimit'
  | 'oomScoreAdj'
  | 'logMaxBytes'
  | 'isStrict'
>;

/** Members that were not asked for are absent. @throws TsbuildError OPTION_INVALID, OPTION_CONFLICT */
export function parseLimits(args: ParsedArguments): Limits {
  const memory = sizeOf(args, 'memory');
  const swap = args.text('memory-swap') === '-1' ? -1 : sizeOf(args, 'memory-swap');
  if (memory !== undefined && memory > 0 && memory < LEAST_MEMORY)
    throw invalid('Minimum memory limit allowed is 6MB');
  if (swap !== undefined && memory === undefined)
    throw conflict('You should always set the Memory limit when using Memoryswap limit');
  if (swap !== undefined && swap > 0 && swap < memory!)
    throw conflict('Minimum memoryswap limit should be larger than memory limit');
  const nanoCpus = cpusOf(args);
  const [cpuShares, pids] = [numberOf(args, 'cpu-shares', 0), numberOf(args, 'pids-limit', -1)];
  const oomScoreAdj = numberOf(args, 'oom-score-adj', -1000);
  if (oomScoreAdj !== undefined && oomScoreAdj > 1000)
    throw invalid(`Invalid value ${oomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  const cpusetCpus = args.text('cpuset-cpus');
  if (cpusetCpus !== undefined && !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(cpusetCpus))
    throw invalid(`Invalid value ${cpusetCpus} for cpuset cpus`);
  const logMaxBytes = logSizeOf(args.list('log-opt'));
  return {
    ...(memory !== undefined && memory > 0 && { memory }),
    ...(swap !== undefined && { memorySwap: swap }),
    ...(nanoCpus !== undefined && { nanoCpus }),
    ...(cpuShares !== undefined && cpuShares > 0 && { cpuShares }),
    ...(cpusetCpus !== undefined && { cpusetCpus }),
    ...(pids !== undefined && pids > 0 && { pidsLimit: pids }),
    ...(oomScoreAdj !== undefined && { oomScoreAdj }),
    ...(logMaxBytes !== undefined && { logMaxBytes }),
    ...(args.flag('strict') && { isStrict: true }),
  };
}

function cpusOf(args: ParsedArguments): number | undefined {
  const [cpus, quota] = [args.text('cpus'), numberOf(args, 'cpu-quota', -1)];
  const period = numberOf(args, 'cpu-period', 0);
  if (cpus !== undefined && (quota !== undefined || period !== undefined))
    throw conflict('Conflicting options: Nano CPUs and CPU Period or Quota cannot both be set');
  if (cpus === undefined)
    return quota === undefined || quota <= 0
      ? undefined
      : Math.round((quota / (period || DEFAULT_PERIOD)) * NANO);
  if (!/^\d*\.?\d+$/.test(cpus)) throw invalid(`invalid argument ${JSON.stringify(cpus)} for "--cpus"`);
  return Number(cpus) === 0 ? undefined : Math.round(Number(cpus) * NANO);
}

function sizeOf(args: ParsedArguments, name: 'memory' | 'memory-swap'): number | undefined {
  const text = args.text(name);
  return text === undefined ? undefined : parseSize(text, `--${name}`);
}

function numberOf(
  args: ParsedArguments,
  name: 'cpu-shares' | 'pids-limit' | 'oom-score-adj' | 'cpu-quota' | 'cpu-period',
  least: number,
): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  if (/^-?\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw invalid(`invalid argument ${JSON.stringify(text)} for "--${name}"`);
}

/** Other options are of other log drivers. */
function logSizeOf(texts: readonly string[]): number | undefined {
  const sizes = texts
    .filter((text) => text.startsWith('max-size='))
    .map((text) => text.slice('max-size='.length));
  const last = sizes.at(-1);
  return last === undefined || last === '-1' ? undefined : parseSize(last, '--log-opt max-size');
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message);
}

function conflict(message: string): TsbuildError {
  return new TsbuildError('OPTION_CONFLICT', message);
}
