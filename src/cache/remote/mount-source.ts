// Where cache mounts come from that this machine does not have: the packs that a build reads.
import type { Layer } from '../../images/layer.js';

export interface MountSource {
  /**
   * The content of a cache mount, as a layer that is fetched when its bytes are asked for. Undefined when no pack has
   * it.
   * @param id the name of store/cache-mount-name.ts
   * @param platform `linux/amd64`
   */
  find(id: string, platform: string): Promise<Layer | undefined>;
}
