// The results of health checks, as the monitor appends them to `health` and `health.1` (sandbox/monitor/).
import { readFileSync } from 'node:fs';
import { errnoOf } from '../core/errno.js';
import type { ContainerPaths } from './container-paths.js';
import type { ContainerView } from './container-view.js';
import { healthOf, healthSettings, probeCommand, type Health, type ProbeResult } from './rules/health.js';

/** u64 start, u64 end in nanoseconds since 1970, i32 code, u32 length of the output; then the output. */
const HEADER_BYTES = 24;
const NANOSECONDS_PER_MS = 1_000_000n;

/** Undefined for a container without a health check, or before its first start. */
export function readHealth(files: ContainerPaths, { record, state }: ContainerView): Health | undefined {
  const { healthcheck, shell } = record.config;
  if (!healthcheck || !state || probeCommand(healthcheck, shell) === undefined) return undefined;
  const results = [`${files.health}.1`, files.health].flatMap((path) => decodeProbes(contentOf(path)));
  const ofThisRun = results.filter(({ start }) => start >= state.startedAt);
  return healthOf(healthSettings(healthcheck), state.startedAt, ofThisRun);
}

/** Whole ones; the last may be being written. */
export function decodeProbes(bytes: Buffer): readonly ProbeResult[] {
  const results: ProbeResult[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 20);
    if (end > bytes.length) break;
    results.push({
      start: Number(bytes.readBigUInt64LE(at) / NANOSECONDS_PER_MS),
      end: Number(bytes.readBigUInt64LE(at + 8) / NANOSECONDS_PER_MS),
      exitCode: bytes.readInt32LE(at + 16),
      output: bytes.toString('utf8', at + HEADER_BYTES, end),
    });
    at = end;
  }
  return results;
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
