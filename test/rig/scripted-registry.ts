// A registry inside the test: its images are declared, and what the test holds back comes when the test sends it.
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { digestOf, type Digest, type DiffId } from '../../src/core/digest.js';
import { TsbuildError } from '../../src/core/errors.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import { familiarReference, parseReference, type Reference } from '../../src/oci/reference.js';
import { MEDIA, type ContainerConfig, type Descriptor } from '../../src/oci/types.js';
import type { FetchedManifest, RegistryClient } from '../../src/registry/client.js';
import { parseDocument } from '../../src/registry/document.js';
import type { Store } from '../../src/store/store.js';
import { addLayer } from '../support/sandbox-rootfs.js';
import { createArrivals, type Arrivals } from './arrivals.js';
import { openAnswer, type ScriptedAnswer } from './scripted-answer.js';

export interface ImageScript {
  /** Bottom first; one layer with accounts when it is not given. */
  readonly layers?: readonly (readonly LayerEntry[])[];
  readonly config?: ContainerConfig;
  /** The layers of which other bytes come than their diff id says. */
  readonly damaged?: readonly number[];
}

export interface ServedImage {
  readonly layers: readonly { readonly diffId: DiffId; readonly descriptor: Descriptor }[];
}

export interface ScriptedRegistry {
  readonly client: RegistryClient;
  readonly answers: Arrivals<ScriptedAnswer>;
  /** Declares an image, by the name that a Dockerfile gives it. */
  serve(name: string, script?: ImageScript): Promise<ServedImage>;
  /** From now on what is asked so waits for the test: `layer 0 of base`. */
  hold(...asks: readonly string[]): void;
  /** What is asked so from now on does not wait. */
  release(...asks: readonly string[]): void;
}

interface Blob {
  readonly ask: string;
  readonly bytes: Buffer;
}

/** @param scratch a store of its own, where the layers are written that it serves */
export function createScriptedRegistry(scratch: Store): ScriptedRegistry {
  const manifests = new Map<string, Buffer>();
  const blobs = new Map<Digest, Blob>();
  const held = new Set<string>();
  const answers = createArrivals<ScriptedAnswer>('question', ({ ask }) => ask);

  async function* answer({ ask, bytes }: Blob, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    const opened = openAnswer(ask, bytes, signal);
    answers.add(opened.answer);
    if (!held.has(ask)) opened.answer.sends();
    yield* opened.chunks();
  }

  async function resolve(reference: Reference, signal?: AbortSignal): Promise<FetchedManifest> {
    const name = familiarReference(reference).replace(/:latest$/, '');
    const bytes = manifests.get(name);
    if (!bytes) throw new TsbuildError('REGISTRY_NOT_FOUND', `${name}: not found`);
    for await (const chunk of answer({ ask: `resolve ${name}`, bytes }, signal)) void chunk;
    const document = parseDocument(bytes, MEDIA.ociManifest, name);
    return { digest: digestOf(bytes), mediaType: MEDIA.ociManifest, size: bytes.length, bytes, document };
  }

  function put(bytes: Buffer, mediaType: string, ask: string): Descriptor {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    blobs.set(descriptor.digest, { ask, bytes });
    return descriptor;
  }

  return {
    answers,
    hold: (...asks) => asks.forEach((ask) => held.add(ask)),
    release: (...asks) => asks.forEach((ask) => held.delete(ask)),
    async serve(name, { layers = [[]], config = {}, damaged = [] } = {}) {
      const served = [];
      for (const [index, entries] of layers.entries()) {
        const { diffId } = await addLayer(scratch, entries);
        const tar = readFileSync(scratch.paths.blob(diffId));
        if (damaged.includes(index)) tar.fill(1, 0, 512);
        const ask = `layer ${index} of ${name}`;
        served.push({ diffId, descriptor: put(gzipSync(tar), MEDIA.ociLayerGzip, ask) });
      }
      const rootfs = { type: 'layers', diff_ids: served.map(({ diffId }) => diffId) };
      const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
      const configBytes = Buffer.from(JSON.stringify({ os: 'linux', architecture, config, rootfs }));
      const manifest = {
        schemaVersion: 2,
        mediaType: MEDIA.ociManifest,
        config: put(configBytes, MEDIA.ociConfig, `config of ${name}`),
        layers: served.map(({ descriptor }) => descriptor),
      };
      const known = familiarReference(parseReference(name)).replace(/:latest$/, '');
      manifests.set(known, Buffer.from(JSON.stringify(manifest)));
      return { layers: served };
    },
    client: {
      resolve,
      fetchManifest: (reference, _digest, signal) => resolve(reference, signal),
      fetchBlob(_reference, { digest }, { signal } = {}) {
        const blob = blobs.get(digest);
        if (!blob) throw new TsbuildError('REGISTRY_NOT_FOUND', `${digest}: not found`);
        return answer(blob, signal);
      },
    },
  };
}
