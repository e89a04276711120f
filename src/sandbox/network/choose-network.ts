// The default network of a command: a private one, connected by the best tool that this host has, else the host's.
import { closeSync, constants, openSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import { findProgram } from '../../host/find-program.js';
import { NETWORK_TOOLS, PACKAGE_OF, type NetworkTool, type NetworkToolName } from './network-tool.js';

/** The device by which a tool gets at the packets of a namespace. */
const TUN = '/dev/net/tun';
/** Where it is not there, or a container withholds it. */
export const FIX_TUN = `sudo modprobe tun; of a container: docker run --device ${TUN}`;

/** `pasta` and `slirp4netns`: as `default`, connected by this tool and no other. */
export type WantedNetwork = 'default' | 'none' | 'host' | NetworkToolName;

export interface NetworkChoice {
  /** Absent: commands share the host's network. */
  readonly tool?: NetworkTool;
  /** Named by the user: nothing else may take its place. */
  readonly isForced: boolean;
  /** Why there is no tool, for the user; absent when the user asked for the host's network. */
  readonly reason?: string;
}

/** @throws TsbuildError SANDBOX_NO_NETWORK when the tool that was asked for cannot be used */
export function chooseNetwork(wanted: WantedNetwork): NetworkChoice {
  if (wanted === 'host') return { isForced: true };
  const isForced = wanted === 'pasta' || wanted === 'slirp4netns';
  const names = isForced ? [wanted] : NETWORK_TOOLS;
  const reason = obstacle(names);
  if (isForced && reason !== undefined)
    throw new TsbuildError('SANDBOX_NO_NETWORK', `--network ${wanted}: ${reason.text}`, reason);
  if (reason !== undefined) return { isForced, reason: `${reason.text} (${reason.hint})` };
  const tool = firstInstalled(names);
  return tool === undefined ? { isForced } : { isForced, tool };
}

function firstInstalled(names: readonly NetworkToolName[]): NetworkTool | undefined {
  return names
    .map((name) => ({ name, program: findProgram(name) }))
    .find((tool): tool is NetworkTool => tool.program !== undefined);
}

interface Obstacle {
  readonly text: string;
  readonly hint: string;
}

function obstacle(names: readonly NetworkToolName[]): Obstacle | undefined {
  if (firstInstalled(names) === undefined)
    return {
      text: names.length > 1 ? `neither ${names.join(' nor ')} is installed` : `${names[0]} is not installed`,
      hint: `sudo apt-get install ${PACKAGE_OF[names[0] ?? 'pasta']}`,
    };
  const code = openingFails(TUN);
  if (code === undefined) return undefined;
  // A mode refuses with EACCES, a device control group with EPERM.
  const hint = code === 'EACCES' ? `sudo chmod 0666 ${TUN}` : FIX_TUN;
  return { text: `${TUN} cannot be opened: ${code}`, hint };
}

/** The error code, by trying: modes, security modules and device control groups all have a say. */
function openingFails(path: string): string | undefined {
  try {
    closeSync(openSync(path, constants.O_RDWR));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
