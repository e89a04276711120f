// Programs and devices of the host that make more possible, and how to get them. Looked for where a build would find
// them.
import { accessSync, constants, existsSync } from 'node:fs';
import { findProgram } from '../../host/find-program.js';
import { FIX_TUN } from '../../sandbox/network/choose-network.js';

/** Part of the stable shape of `tsbuild doctor --json`. */
export interface ToolDiagnosis {
  readonly name: string;
  /** What a build uses it for. */
  readonly purpose: string;
  readonly isAvailable: boolean;
  /** Where it was found. */
  readonly path?: string;
  /** A command that would make it available. */
  readonly fix?: string;
}

interface Tool {
  readonly name: string;
  readonly purpose: string;
  readonly fix: string;
}

const apt = (name: string): string => `sudo apt-get install ${name}`;

const PROGRAMS: readonly Tool[] = [
  { name: 'unshare', purpose: 'namespaces of the sandbox', fix: apt('util-linux') },
  { name: 'newuidmap', purpose: 'subordinate ids of an ordinary user', fix: apt('uidmap') },
  { name: 'newgidmap', purpose: 'subordinate ids of an ordinary user', fix: apt('uidmap') },
  { name: 'pasta', purpose: 'a network of its own for each process', fix: apt('passt') },
  { name: 'slirp4netns', purpose: 'the same, without pasta', fix: apt('slirp4netns') },
  {
    name: 'fuse-overlayfs',
    purpose: 'the sandbox where the kernel refuses overlay',
    fix: apt('fuse-overlayfs'),
  },
  { name: 'crun', purpose: '--runtime crun', fix: apt('crun') },
  { name: 'runc', purpose: '--runtime runc', fix: apt('runc') },
  { name: 'git', purpose: 'contexts and ADD from git', fix: apt('git') },
];

const DEVICES: readonly Tool[] = [
  {
    name: '/dev/net/tun',
    purpose: 'pasta and slirp4netns',
    fix: FIX_TUN,
  },
  {
    name: '/dev/fuse',
    purpose: 'fuse-overlayfs',
    fix: 'sudo modprobe fuse; of a container: docker run --device /dev/fuse',
  },
];

/** Looks for the programs where a build would, and whether this user may open the devices. */
export function findTools(): ToolDiagnosis[] {
  const programs = PROGRAMS.map((tool) => diagnosisOf(tool, findProgram(tool.name)));
  const devices = DEVICES.map((tool) => {
    const fix = existsSync(tool.name) ? `sudo chmod 0666 ${tool.name}` : tool.fix;
    return diagnosisOf({ ...tool, fix }, isUsable(tool.name) ? tool.name : undefined);
  });
  return [...programs, ...devices];
}

function diagnosisOf({ name, purpose, fix }: Tool, path: string | undefined): ToolDiagnosis {
  const isAvailable = path !== undefined;
  return { name, purpose, isAvailable, ...(isAvailable ? { path } : { fix }) };
}

function isUsable(device: string): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    // Absence is a value here.
    return false;
  }
}
