// Platforms as containerd/platforms parses and normalises them.
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

const ARCHITECTURES: Readonly<Record<string, readonly [string, string?]>> = {
  aarch64: ['arm64'],
  arm64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
  arm: ['arm'],
  i386: ['386'],
  '386': ['386'],
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  amd64: ['amd64'],
  ppc64le: ['ppc64le'],
  riscv64: ['riscv64'],
  s390x: ['s390x'],
  mips64le: ['mips64le'],
  mips64: ['mips64'],
  mipsle: ['mipsle'],
  mips: ['mips'],
  loong64: ['loong64'],
  ppc64: ['ppc64'],
  wasm: ['wasm'],
};
const OPERATING_SYSTEMS = [
  'linux',
  'windows',
  'darwin',
  'freebsd',
  'wasip1',
  'js',
  'android',
  'solaris',
  'aix',
  'netbsd',
  'openbsd',
];
const PART = /^[A-Za-z0-9_.-]+$/;

/** arm64/v8 is plain arm64, arm without a variant is v7, amd64/v1 is plain amd64. */
export function normalizePlatform(p: Platform): Platform {
  const name = p.architecture.toLowerCase();
  // Any word may come from outside, also one that every object has.
  const [architecture, impliedVariant] = Object.hasOwn(ARCHITECTURES, name) ? ARCHITECTURES[name]! : [name];
  let variant = p.variant?.toLowerCase() || impliedVariant;
  if (architecture === 'arm64' && (variant === 'v8' || variant === '8')) variant = undefined;
  if (architecture === 'amd64' && variant === 'v1') variant = undefined;
  if (architecture === 'arm')
    variant = variant === undefined ? 'v7' : /^\d$/.test(variant) ? `v${variant}` : variant;
  return {
    os: p.os.toLowerCase() === 'macos' ? 'darwin' : p.os.toLowerCase(),
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(p.osVersion === undefined ? {} : { osVersion: p.osVersion }),
  };
}

/**
 * `linux/arm64/v8`, `arm64`, `linux`, `local`.
 * @throws TsbuildError OPTION_INVALID `failed to parse platform X`
 */
export function parsePlatform(text: string, local: Platform): Platform {
  if (text === 'local') return local;
  const [first = '', second, variant, ...rest] = text.split('/');
  const os = /^([^()]+)(?:\(([^()]*)\))?$/.exec(first);
  const isBad =
    !os || rest.length > 0 || ![os[1]!, second ?? 'x', variant ?? 'x'].every((part) => PART.test(part));
  if (isBad) throw new TsbuildError('OPTION_INVALID', `failed to parse platform ${text}: invalid platform`);
  const name = os[1]!.toLowerCase();
  if (second === undefined) {
    if (OPERATING_SYSTEMS.includes(name)) return normalizePlatform({ ...local, os: name });
    if (Object.hasOwn(ARCHITECTURES, name)) return normalizePlatform({ os: local.os, architecture: name });
    const known = [...OPERATING_SYSTEMS, ...Object.keys(ARCHITECTURES)];
    throw new TsbuildError(
      'OPTION_INVALID',
      `failed to parse platform ${text}: unknown operating system or architecture${didYouMean(text, known)}`,
    );
  }
  return normalizePlatform({
    os: name,
    architecture: second,
    ...(variant ? { variant } : {}),
    ...(os[2] ? { osVersion: os[2] } : {}),
  });
}

/** `linux/arm/v7`. */
export function formatPlatform(p: Platform): string {
  return [p.os, p.architecture, p.variant].filter(Boolean).join('/');
}

/**
 * The platform of a Node process, from `process.platform` and `process.arch`; images for a non-Linux host are Linux
 * images.
 */
export function platformOfNode(arch: string): Platform {
  const name = { x64: 'amd64', ia32: '386', arm: 'arm', arm64: 'arm64' }[arch] ?? arch;
  return normalizePlatform({ os: 'linux', architecture: name });
}
