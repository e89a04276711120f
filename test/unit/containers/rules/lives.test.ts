import test from 'ava';
import fc from 'fast-check';
import type { Healthcheck } from '../../../../src/containers/container-record.js';
import {
  healthChanges,
  healthOf,
  healthSettings,
  nextProbeDelayMs,
  probeCommand,
  timeoutOutput,
  type ProbeResult,
} from '../../../../src/containers/rules/health.js';
import { nextRestart, NO_RESTARTS, type EndedRun } from '../../../../src/containers/rules/restart-policy.js';

const FAILED: EndedRun = { exitCode: 1, ranMs: 5, isStoppedByUser: false, isFailedStart: false };
const policy = (name: 'no' | 'always' | 'unless-stopped' | 'on-failure', maximumRetries = 0) => ({
  name,
  maximumRetries,
});

test('restart: which policy starts again after which end', (t) => {
  const kindOf = (name: 'no' | 'always' | 'unless-stopped' | 'on-failure', run: Partial<EndedRun>) =>
    nextRestart(policy(name), NO_RESTARTS, { ...FAILED, ...run }).kind;
  t.is(kindOf('no', {}), 'stop');
  t.is(kindOf('always', { exitCode: 0 }), 'restart');
  t.is(kindOf('unless-stopped', { exitCode: 0 }), 'restart');
  t.is(kindOf('on-failure', { exitCode: 0 }), 'stop');
  t.is(kindOf('on-failure', { exitCode: 137 }), 'restart');
  t.is(kindOf('always', { isStoppedByUser: true }), 'stop');
  t.is(kindOf('always', { isFailedStart: true }), 'stop');
});

test('restart: on-failure ends after its count', (t) => {
  let history = NO_RESTARTS;
  const kinds = Array.from({ length: 4 }, () => {
    const next = nextRestart(policy('on-failure', 3), history, FAILED);
    if (next.kind === 'restart') history = next.history;
    return next.kind;
  });
  t.deepEqual(kinds, ['restart', 'restart', 'restart', 'stop']);
});

test('restart: the delay doubles from 100 ms to a minute, and begins anew after a long run', (t) => {
  let history = NO_RESTARTS;
  const delayAfter = (ranMs: number) => {
    const next = nextRestart(policy('always'), history, { ...FAILED, ranMs });
    if (next.kind === 'stop') return -1;
    history = next.history;
    return next.delayMs;
  };
  t.deepEqual(
    Array.from({ length: 5 }, () => delayAfter(9999)),
    [100, 200, 400, 800, 1600],
  );
  t.deepEqual(Array.from({ length: 7 }, () => delayAfter(0)).at(-1), 60_000);
  t.is(delayAfter(10_000), 100);
  t.is(history.count, 13);
});

const CHECK: Healthcheck = { test: ['CMD-SHELL', 'true'] };
const probe = (exitCode: number, start = 0): ProbeResult => ({ start, end: start + 1, exitCode, output: '' });

test('health: docker’s defaults, and nanoseconds', (t) => {
  t.deepEqual(healthSettings(CHECK), {
    intervalMs: 30_000,
    timeoutMs: 30_000,
    startPeriodMs: 0,
    startIntervalMs: 5000,
    retries: 3,
  });
  t.is(healthSettings({ ...CHECK, interval: 1.5e9 }).intervalMs, 1500);
});

test('health: the command of a probe', (t) => {
  const shell = ['/bin/bash', '-c'];
  t.deepEqual(probeCommand(CHECK, shell), ['/bin/bash', '-c', 'true']);
  t.deepEqual(probeCommand({ test: ['CMD', 'a', 'b'] }, shell), ['a', 'b']);
  for (const none of [undefined, { test: ['NONE'] }, { test: [] }, { test: ['CMD'] }])
    t.is(probeCommand(none, shell), undefined);
});

test('health: starting, healthy at the first success, unhealthy after enough failures', (t) => {
  const settings = healthSettings({ ...CHECK, retries: 2 });
  const statusAfter = (...codes: number[]) =>
    healthOf(
      settings,
      0,
      codes.map((code) => probe(code, 10)),
    );
  t.is(statusAfter().status, 'starting');
  t.is(statusAfter(1).status, 'starting');
  t.is(statusAfter(1, 1).status, 'unhealthy');
  t.is(statusAfter(0, 1).status, 'healthy');
  t.is(statusAfter(0, 1, 1).status, 'unhealthy');
  t.deepEqual(statusAfter(1, 1, 0), { status: 'healthy', failingStreak: 0, log: statusAfter(1, 1, 0).log });
  t.is(statusAfter(0, 1, -1, 1).failingStreak, 3);
});

test('health: failures of the start period do not count before the first success', (t) => {
  const settings = healthSettings({ ...CHECK, startPeriod: 10e9, retries: 1 });
  t.deepEqual(healthOf(settings, 1000, [probe(1, 2000), probe(1, 10_999)]).status, 'starting');
  t.is(healthOf(settings, 1000, [probe(1, 2000), probe(1, 11_000)]).status, 'unhealthy');
  t.is(healthOf(settings, 1000, [probe(0, 2000), probe(1, 3000)]).status, 'unhealthy');
});

test('health: changes are told with the end of the check that made them', (t) => {
  const settings = healthSettings({ ...CHECK, retries: 2 });
  const at = (...codes: number[]) => codes.map((code, i) => ({ ...probe(code, 10 + i), end: 100 + i }));
  t.deepEqual(healthChanges(settings, 0, []), []);
  t.deepEqual(healthChanges(settings, 0, at(1, 0, 0, 1, 1, 1, 0)), [
    { status: 'healthy', at: 101 },
    { status: 'unhealthy', at: 104 },
    { status: 'healthy', at: 106 },
  ]);
});

test('health: what the first results changed is not told when older ones are gone', (t) => {
  const settings = healthSettings({ ...CHECK, retries: 2 });
  const late = 3_600_000;
  const at = (...codes: number[]) =>
    codes.map((code, i) => ({ ...probe(code, late + i), end: late + 100 + i }));
  t.deepEqual(healthChanges(settings, 0, at(0, 0)), []);
  t.deepEqual(healthChanges(settings, 0, at(0, 1, 1)), [{ status: 'unhealthy', at: late + 102 }]);
  t.deepEqual(healthChanges(settings, 0, at(1, 1, 0)), [{ status: 'healthy', at: late + 102 }]);
});

test('health: the log has the last five results', (t) => {
  const results = [1, 2, 3, 4, 5, 6, 7].map((exitCode) => probe(exitCode));
  t.deepEqual(healthOf(healthSettings(CHECK), 0, results).log, results.slice(2));
});

test('health: the same whether results come one by one or at once', (t) => {
  const settings = healthSettings(CHECK);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 2 })), (codes) => {
      const { status, failingStreak } = healthOf(
        settings,
        0,
        codes.map((code) => probe(code)),
      );
      const after = codes.length - 1 - codes.lastIndexOf(0);
      t.is(failingStreak, after);
      // Unhealthy lasts until a success.
      t.is(status === 'unhealthy', after >= 3);
    }),
  );
});

test('health: the interval of the start period is used while it lasts', (t) => {
  const settings = healthSettings({ ...CHECK, startPeriod: 10e9, startInterval: 1e9, interval: 7e9 });
  t.is(nextProbeDelayMs(settings, { status: 'starting', now: 5000, startedAt: 0 }), 1000);
  t.is(nextProbeDelayMs(settings, { status: 'healthy', now: 5000, startedAt: 0 }), 7000);
  t.is(nextProbeDelayMs(settings, { status: 'starting', now: 10_000, startedAt: 0 }), 7000);
});

test('health: what a probe that took too long is said to have printed', (t) => {
  const outputOf = (timeout: number) => timeoutOutput(healthSettings({ ...CHECK, timeout }));
  t.is(outputOf(30e9), 'Health check exceeded timeout (30s)');
  t.is(outputOf(90e9), 'Health check exceeded timeout (1m30s)');
  t.is(outputOf(5e8), 'Health check exceeded timeout (500ms)');
  t.is(outputOf(3600e9), 'Health check exceeded timeout (1h0m0s)');
});
