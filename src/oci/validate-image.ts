// The last look at an image before it is named or exported: what the config says and what the manifest says must agree.
import { isDigest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import type { ImageConfig, ImageManifest } from './types.js';

/** @throws TsbuildError IMAGE_INVALID naming every contradiction */
export function validateImage(manifest: ImageManifest, config: ImageConfig): void {
  const filled = (config.history ?? []).filter((entry) => !entry.empty_layer).length;
  const problems = [
    ...(manifest.layers.length === config.rootfs.diff_ids.length
      ? []
      : [
          `${manifest.layers.length} layers in the manifest, ${config.rootfs.diff_ids.length} diff ids in the config`,
        ]),
    ...(filled === config.rootfs.diff_ids.length
      ? []
      : [`${filled} layers in the history, ${config.rootfs.diff_ids.length} diff ids`]),
    ...[manifest.config, ...manifest.layers]
      .filter((d) => !isDigest(d.digest) || !(d.size >= 0))
      .map((d) => `bad descriptor ${d.digest}`),
    ...config.rootfs.diff_ids.filter((diffId) => !isDigest(diffId)).map((diffId) => `bad diff id ${diffId}`),
    ...(config.os && config.architecture ? [] : ['the config has no platform']),
  ];
  if (problems.length > 0)
    throw new TsbuildError('IMAGE_INVALID', `the image contradicts itself: ${problems.join('; ')}`);
}
