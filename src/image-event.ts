// The event of an image that is finished: which layers it has, and which instruction made each. Pure.
import type { BuildEvent } from './core/events.js';
import { redactText } from './core/redact.js';
import type { Image } from './images/image.js';
import { layerInstructions } from './images/image-history.js';
import { formatPlatform } from './oci/platform.js';

/** @param time seconds since the epoch */
export function imageEvent(image: Image, time: number): BuildEvent {
  const { manifest, config, configDigest, layers } = image;
  const { os, architecture, variant } = config;
  const instructions = layerInstructions(image);
  return {
    kind: 'image',
    digest: manifest.digest,
    configDigest,
    platform: formatPlatform({ os, architecture, ...(variant !== undefined && { variant }) }),
    layers: layers.map(({ diffId, descriptor }, place) => ({
      diffId,
      size: descriptor.size,
      // A history has the user info of URLs; what is shown and kept has not.
      createdBy: redactText(instructions[place]!, []),
    })),
    time,
  };
}
