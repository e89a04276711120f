// Makes the control group of this process one whose children can have limits. A group with controllers for its children
// must not hold processes itself (cgroup-v2.rst, "No Internal Process Constraint"): this process, and those that
// started it, move to a child.
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { OwnGroup } from './own-group.js';

/** The child group that holds tsbuild itself. The groups of commands lie beside it. */
const OWN_CHILD = 'tsbuild';

/** @returns directory of the group whose children have the controllers. @throws TsbuildError SANDBOX_NO_CGROUP */
export function delegateGroup(own: OwnGroup | undefined, controllers: readonly string[]): string {
  if (own === undefined) throw refusal('this host has no control groups of version 2');
  // Where an earlier build in the same group has moved to.
  const group = basename(own.directory) === OWN_CHILD ? dirname(own.directory) : own.directory;
  try {
    accessSync(group, constants.W_OK);
    accessSync(join(group, 'cgroup.procs'), constants.W_OK);
    enableControllers(group, controllers, own);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof TsbuildError || code === undefined) throw error;
    throw refusal(`the control group ${group} is not delegated to this user (${code})`, error);
  }
  return group;
}

function enableControllers(group: string, controllers: readonly string[], own: OwnGroup): void {
  const words = (name: string): string[] =>
    readFileSync(join(group, name), 'utf8').split(/\s+/).filter(Boolean);
  const available = words('cgroup.controllers');
  const absent = controllers.filter((name) => !available.includes(name));
  if (absent.length > 0) throw refusal(`the control group ${group} has no controller ${absent.join(', ')}`);
  const enabled = words('cgroup.subtree_control');
  const missing = controllers.filter((name) => !enabled.includes(name));
  if (missing.length === 0) return;
  const enable = (): void =>
    writeFileSync(join(group, 'cgroup.subtree_control'), missing.map((name) => `+${name}`).join(' '));
  try {
    enable();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    moveToChild(group, own);
    enable();
  }
}

function moveToChild(group: string, { isTop }: OwnGroup): void {
  const child = join(group, OWN_CHILD);
  mkdirSync(child, { recursive: true });
  const inGroup = readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  // The login session of the host's root is a group that systemd has delegated to nobody.
  const mayMoveParents = isTop || process.getuid?.() !== 0;
  const movable = mayMoveParents ? withParents(process.pid) : [process.pid];
  for (const pid of movable.filter((id) => inGroup.includes(id)))
    writeFileSync(join(child, 'cgroup.procs'), String(pid));
}

function withParents(pid: number): number[] {
  const parent = Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return parent === 0 ? [pid] : [pid, ...withParents(parent)];
}

function refusal(reason: string, cause?: unknown): TsbuildError {
  const command = process.getuid?.() === 0 ? 'systemd-run --scope' : 'systemd-run --user --scope';
  return new TsbuildError('SANDBOX_NO_CGROUP', `--resource: ${reason}`, {
    hint: `${command} -p Delegate=yes tsbuild …`,
    cause,
  });
}
