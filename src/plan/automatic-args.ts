// The ARGs that exist without being declared globally: platforms and the name of the target (BuildKit's
// dockerfile2llb/platform.go, defaultArgs).
import { formatPlatform, type Platform } from '../oci/platform.js';

export interface AutomaticArgsInput {
  readonly buildPlatform: Platform;
  readonly targetPlatform: Platform;
  /** Name of the target stage; `default` when it has none. */
  readonly targetStage: string;
}

export function automaticArgs(input: AutomaticArgsInput): ReadonlyMap<string, string> {
  const of = (prefix: string, p: Platform): [string, string][] => [
    [`${prefix}PLATFORM`, formatPlatform(p)],
    [`${prefix}OS`, p.os],
    [`${prefix}OSVERSION`, p.osVersion ?? ''],
    [`${prefix}ARCH`, p.architecture],
    [`${prefix}VARIANT`, p.variant ?? ''],
  ];
  return new Map([
    ...of('BUILD', input.buildPlatform),
    ...of('TARGET', input.targetPlatform),
    ['TARGETSTAGE', input.targetStage],
  ]);
}

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/** Proxy variables of the build args, in both cases, as every RUN gets them. */
export function proxyEnvironment(buildArgs: Readonly<Record<string, string>>): string[] {
  const given = new Map(Object.entries(buildArgs).map(([key, value]) => [key.toUpperCase(), value]));
  return PROXIES.flatMap((name) => {
    const value = given.get(name);
    return value === undefined || value === '' ? [] : [`${name}=${value}`, `${name.toLowerCase()}=${value}`];
  });
}
