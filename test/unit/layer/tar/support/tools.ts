// Programs of the machine that tests compare with; a test whose program is missing is skipped by name.
import test from 'ava';
import { execFileSync, spawnSync } from 'node:child_process';

export function hasTool(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

export function testWith(...tools: string[]): typeof test.skip {
  return tools.every(hasTool) ? test : test.skip;
}

export function run(
  command: string,
  args: readonly string[],
  options: { input?: Buffer; cwd?: string } = {},
): Buffer {
  return execFileSync(command, args, {
    ...options,
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 1e9,
    env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
}
