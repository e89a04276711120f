// A directory for one test, gone when the test is.
import type { ExecutionContext } from 'ava';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function tempDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-tar-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
