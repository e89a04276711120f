// The user namespace of all containers of a rung: by the anchor, or, when that was killed, by a monitor that lives.
import { readlinkSync } from 'node:fs';
import { bootId } from '../host/boot-id.js';
import { isAlive, type KnownProcess } from '../host/known-process.js';
import { livingAnchor } from '../worker/containers/anchor-record.js';
import type { ContainerNamespace } from '../worker/front/container-rung.js';
import { listIds, readSoundRecord, readState } from './container-files.js';
import type { AnchoredRung, ContainersPaths } from './container-paths.js';

export function findNamespace(paths: ContainersPaths, rung: AnchoredRung): ContainerNamespace {
  const keeper = livingAnchor(paths.anchors[rung].record) ?? livingMonitor(paths, rung);
  if (!keeper) return 'new';
  return isOwn(keeper) ? 'inside' : { pid: keeper.pid };
}

function isOwn({ pid }: KnownProcess): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync('/proc/self/ns/user');
  } catch {
    // It ended meanwhile: joining it says so.
    return false;
  }
}

function livingMonitor(paths: ContainersPaths, rung: AnchoredRung): KnownProcess | undefined {
  const boot = bootId();
  for (const id of listIds(paths)) {
    const state = readState(paths.of(id));
    const isLiving = state && state.bootId === boot && isAlive(state.monitor);
    if (isLiving && readSoundRecord(paths, id)?.host.isolation === rung) return state.monitor;
  }
  return undefined;
}
