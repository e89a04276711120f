// What a rung of the ladder cannot give a container: it is refused by its name, and never left out. Pure.
import { TsbuildError } from '../../core/errors.js';
import type { RungName } from '../../worker/front/rung.js';
import type { ContainerRequest } from '../container-request.js';

type Refusals = readonly (readonly [isAsked: boolean, what: string, hint?: string])[];

/** @throws TsbuildError SANDBOX_UNSUPPORTED */
export function refuseOnRung(request: ContainerRequest, rung: RungName): void {
  const refused = rung === 'userns-single' ? singleRefusals(request) : [];
  for (const [isAsked, what, hint] of refused)
    if (isAsked)
      throw new TsbuildError('SANDBOX_UNSUPPORTED', `isolation ${rung} cannot give a container ${what}`, {
        hint:
          hint ?? `leave it out, or run it where namespaces work: \`tsbuild doctor\` tells what is missing`,
      });
}

function singleRefusals({ userns = '' }: ContainerRequest): Refusals {
  return [
    [
      userns.startsWith('keep-id') && !/^keep-id:uid=0,gid=0$/.test(userns),
      `--userns ${userns}`,
      'leave it out: to the host every id of the container is you. Or add subordinate ids: `tsbuild doctor`',
    ],
  ];
}
