// A real registry that has one image, tiny:1, standing in for Docker Hub.
import type { ExecutionContext } from 'ava';
import { pushToRegistry, startRealRegistry, type RealRegistry } from './real-registry.js';
import { makeTinyImage, type TinyImage } from './tiny-image.js';

export interface TinyRegistry {
  readonly image: TinyImage;
  readonly registry: RealRegistry;
  /** Environment of a tsbuild that finds `FROM tiny:1` here. */
  readonly env: Readonly<Record<string, string>>;
}

/** Stopped after the test. */
export async function serveTinyImage(t: ExecutionContext): Promise<TinyRegistry> {
  const registry = await startRealRegistry();
  t.teardown(() => registry.stop());
  const image = makeTinyImage();
  const { digest, mediaType } = image.manifest;
  const blobs = new Map([...image.blobs].filter(([name]) => name !== digest));
  const document = image.blobs.get(digest)!;
  await pushToRegistry(registry, { repository: 'library/tiny', name: '1', blobs, document, type: mediaType });
  return { image, registry, env: { TSBUILD_REGISTRY_MIRRORS: `docker.io=${registry.origin}` } };
}
