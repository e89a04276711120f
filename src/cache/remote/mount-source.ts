// Where cache mounts come from that this machine does not have: the packs that a build reads.
import { createHash } from 'node:crypto';
import type { Layer } from '../../images/layer.js';

export interface MountSource {
  /**
   * The content of a cache mount, as a layer that is fetched when its bytes are asked for. Undefined when no pack has
   * it.
   * @param id as `packedMountId` gives it
   * @param platform `linux/amd64`
   */
  find(id: string, platform: string): Promise<Layer | undefined>;
}

/**
 * How a pack names a cache mount: hex. The id itself may hold the value of a build argument, which no pack does.
 * @param id as the sandbox has it
 */
export function packedMountId(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
