// The rung `chroot`: for root in a container that may neither unshare nor mount. The worker is a plain process.
import { TsbuildError } from '../../core/errors.js';
import type { Rung } from './rung.js';
import { workerEnd } from './unshare.js';

export const chrootRung: Rung = {
  name: 'chroot',
  description: 'weak: a chroot without namespaces, processes share the network of this machine',
  isCleanedByKernel: false,
  sharesNetwork: true,
  command() {
    if (process.getuid?.() === 0) return [];
    throw new TsbuildError('SANDBOX_UNSUPPORTED', 'isolation chroot needs root');
  },
  async prepare() {},
  explain: workerEnd,
};
