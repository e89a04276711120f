// The results of health checks, as the monitor appends them to `health` and `health.1` (sandbox/monitor/).
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { errnoOf } from '../core/errno.js';
import { HEALTH_CODE_NOT_STARTED, HEALTH_CODE_TIMEOUT } from '../sandbox/monitor/probe-message.js';
import type { ContainerPaths } from './container-paths.js';
import type { ContainerView } from './container-view.js';
import {
  healthChanges,
  healthOf,
  healthSettings,
  probeCommand,
  timeoutOutput,
  type Health,
  type HealthChange,
  type HealthSettings,
  type ProbeResult,
} from './rules/health.js';

/** u64 start, u64 end in nanoseconds since 1970, i32 code, u32 length of the output; then the output. */
const HEADER_BYTES = 24;
const NANOSECONDS_PER_MS = 1_000_000n;

/** Undefined for a container without a health check, or before its first start. */
export function readHealth(files: ContainerPaths, run: CheckedRun): Health | undefined {
  const found = resultsOf(files, run);
  return found && healthOf(found.settings, found.startedAt, found.results);
}

/** Of the present run, or the last one. */
export function readHealthChanges(files: ContainerPaths, run: CheckedRun): readonly HealthChange[] {
  const found = resultsOf(files, run);
  return found ? healthChanges(found.settings, found.startedAt, found.results) : [];
}

export type CheckedRun = Pick<ContainerView, 'record' | 'state'>;

interface Results {
  readonly settings: HealthSettings;
  readonly startedAt: number;
  readonly results: readonly ProbeResult[];
}

function resultsOf(files: ContainerPaths, { record, state }: CheckedRun): Results | undefined {
  const { healthcheck, shell } = record.config;
  if (!healthcheck || !state || probeCommand(healthcheck, shell) === undefined) return undefined;
  const settings = healthSettings(healthcheck);
  const { startedAt } = state;
  const results = [`${files.health}.1`, files.health]
    .flatMap((path) => decodeProbes(contentOf(path)))
    .filter(({ start }) => start >= startedAt)
    .map((result) => explained(result, timeoutOutput(settings)));
  return { settings, startedAt, results };
}

/** Whole ones; the last may be being written. */
function decodeProbes(bytes: Buffer): readonly ProbeResult[] {
  const results: ProbeResult[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 20);
    if (end > bytes.length) break;
    results.push({
      start: Number(bytes.readBigUInt64LE(at) / NANOSECONDS_PER_MS),
      end: Number(bytes.readBigUInt64LE(at + 8) / NANOSECONDS_PER_MS),
      exitCode: bytes.readInt32LE(at + 16),
      output: outputOf(bytes.readInt32LE(at + 16), bytes.subarray(at + HEADER_BYTES, end)),
    });
    at = end;
  }
  return results;
}

/** One that could not be started has the number of an error there. */
function outputOf(code: number, bytes: Buffer): string {
  if (code !== HEALTH_CODE_NOT_STARTED || bytes.length < 4) return bytes.toString('utf8');
  const errno = bytes.readInt32LE();
  const known = Object.entries(constants.errno).find(([, number]) => number === errno);
  return `OCI runtime exec failed: exec failed: unable to start container process: ${known?.[0] ?? errno}`;
}

/** As docker tells of a check that has no exit code. */
function explained(result: ProbeResult, timeout: string): ProbeResult {
  if (result.exitCode === HEALTH_CODE_NOT_STARTED) return { ...result, exitCode: -1 };
  if (result.exitCode !== HEALTH_CODE_TIMEOUT) return result;
  return { ...result, output: result.output === '' ? timeout : `${timeout}: ${result.output}` };
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
