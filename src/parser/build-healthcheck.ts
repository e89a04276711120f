// HEALTHCHECK. Spec: BuildKit's instructions/parse.go (parseHealthcheck).
import { goQuote } from './go-quote.js';
import { parseGoDuration } from './go-duration.js';
import { parseFlags } from './instruction-flags.js';
import type { HealthcheckInstruction } from './instruction.js';
import type { ParserNode } from './parse-nodes.js';
import { syntaxError } from './syntax-error.js';

type Times = Pick<
  HealthcheckInstruction,
  'interval' | 'timeout' | 'startPeriod' | 'startInterval' | 'retries'
>;
type OwnHealthcheck = Pick<HealthcheckInstruction, 'kind' | 'test'> & Times;

const FLAGS = {
  interval: 'text',
  timeout: 'text',
  'start-period': 'text',
  'start-interval': 'text',
  retries: 'text',
} as const;
const NO_TIMES: Times = { interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };
const MINIMUM = 1e6;

function duration(name: string, value: string | undefined): number {
  if (!value) return 0;
  const nanoseconds = parseGoDuration(value);
  if (nanoseconds !== 0 && nanoseconds < MINIMUM)
    throw syntaxError(`Interval ${goQuote(name)} cannot be less than 1ms`);
  return nanoseconds;
}

function retryCount(value: string | undefined): number {
  if (!value) return 0;
  const parsing = `strconv.ParseInt: parsing ${goQuote(value)}`;
  if (!/^[+-]?\d+$/.test(value)) throw syntaxError(`${parsing}: invalid syntax`);
  const count = Number(value);
  if (count >= 2 ** 31 || count < -(2 ** 31)) throw syntaxError(`${parsing}: value out of range`);
  if (count < 0) throw syntaxError(`--retries cannot be negative (${count})`);
  return count;
}

function commandTest(node: ParserNode, type: string): string[] {
  if (type !== 'CMD') throw syntaxError(`Unknown type ${goQuote(type)} in HEALTHCHECK (try CMD)`);
  const args = node.args.slice(1);
  if (args.length === 0) throw syntaxError('Missing command after HEALTHCHECK CMD');
  return node.isJson ? ['CMD', ...args] : ['CMD-SHELL', args.join(' ')];
}

export function buildHealthcheck(node: ParserNode): OwnHealthcheck {
  if (node.args.length === 0) throw syntaxError('HEALTHCHECK requires at least one argument');
  const type = node.args[0]!.toUpperCase();
  if (type === 'NONE') {
    if (node.args.length > 1) throw syntaxError('HEALTHCHECK NONE takes no arguments');
    return { kind: 'healthcheck', test: ['NONE'], ...NO_TIMES };
  }
  const flags = parseFlags(node.flags, FLAGS);
  const test = commandTest(node, type);
  return {
    kind: 'healthcheck',
    test,
    interval: duration('interval', flags.interval),
    timeout: duration('timeout', flags.timeout),
    startPeriod: duration('start-period', flags['start-period']),
    startInterval: duration('start-interval', flags['start-interval']),
    retries: retryCount(flags.retries),
  };
}
