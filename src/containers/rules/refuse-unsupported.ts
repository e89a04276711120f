// What is asked of a container and tsbuild does not have: it is refused by its name, and never left out. Pure.
import { TsbuildError } from '../../core/errors.js';
import type { ContainerRequest } from '../container-request.js';
import { securitySettings } from './security-options.js';

const CONTAINER = /^container:.+$/;

/** @throws TsbuildError SANDBOX_UNSUPPORTED, OPTION_INVALID */
export function refuseUnsupported(request: ContainerRequest): void {
  const { pidMode = 'private', ipcMode = 'private', utsMode = 'private', securityOpt = [] } = request;
  if (CONTAINER.test(pidMode))
    throw new TsbuildError(
      'SANDBOX_UNSUPPORTED',
      `--pid ${pidMode}: tsbuild joins no container's processes`,
      {
        hint: 'leave it out, use --pid host, or run the command in the other container: tsbuild exec',
      },
    );
  requireMode('--pid', pidMode, ['private', 'host']);
  if (!CONTAINER.test(ipcMode)) requireMode('--ipc', ipcMode, ['private', 'shareable', 'host']);
  requireMode('--uts', utsMode, ['private', 'host']);
  securitySettings(securityOpt);
}

function requireMode(option: string, mode: string, known: readonly string[]): void {
  if (mode === '' || known.includes(mode)) return;
  throw new TsbuildError('OPTION_INVALID', `invalid mode: ${option} ${mode}`, {
    hint: `the modes are ${known.join(', ')}`,
  });
}
