// A mount that would stand over the whole root: BuildKit's dispatchRunMounts
// (frontend/dockerfile/dockerfile2llb/convert_runmount.go).
import { posix } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import type { Mount } from '../parser/instruction.js';

/** @param workdir where a relative target belongs. @throws TsbuildError DOCKERFILE_SYNTAX */
export function refuseRootMount(mount: Mount, workdir: string): void {
  if (mount.type === 'secret' || mount.type === 'ssh') return;
  if (posix.resolve('/', workdir, mount.target) === '/')
    throw new TsbuildError('DOCKERFILE_SYNTAX', 'invalid mount target "/"', {
      hint: 'give the mount a directory of its own: target=/name',
    });
}
