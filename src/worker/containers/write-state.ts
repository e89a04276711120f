// The state of a run, written before its command can do anything: who ends it, and who looks, reads it.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId } from '../../host/boot-id.js';
import type { StartedContainer } from './container-process.js';
import type { ContainerRun } from './container-run.js';

export function writeState({ directory, process }: ContainerRun, started: StartedContainer): void {
  const path = join(directory, 'state.json');
  const state = { bootId: bootId() ?? '', ...process.state, ...started };
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
