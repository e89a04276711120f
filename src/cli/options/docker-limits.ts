// Options of `docker build` and of older buildx that have another form here: refused with that form.
import { value } from '../option-spec.js';

const REFUSED = { group: 'Steps', use: 'refused', hidden: true } as const;

export const DOCKER_LIMITS = [
  value('memory', 'SIZE', '', { ...REFUSED, alias: 'm', instead: 'write --resource memory=SIZE' }),
  value('memory-swap', 'SIZE', '', { ...REFUSED, instead: 'write --resource memory-swap=SIZE' }),
  value('cpu-shares', 'WEIGHT', '', { ...REFUSED, alias: 'c', instead: 'write --resource cpu=CORES' }),
  value('cpu-period', 'MICROSECONDS', '', { ...REFUSED, instead: 'write --resource cpu=CORES' }),
  value('cpu-quota', 'MICROSECONDS', '', { ...REFUSED, instead: 'write --resource cpu=CORES' }),
  value('cpuset-cpus', 'CORES', '', { ...REFUSED, instead: 'write --resource cpuset-cpus=CORES' }),
  value('cpuset-mems', 'NODES', '', { ...REFUSED, instead: 'write --resource cpuset-mems=NODES' }),
  value('print', 'FORMAT', '', { ...REFUSED, group: 'Display', instead: 'write --call FORMAT' }),
] as const;
