// What a build needs to push: opened for a request that pushes, and for no other.
import type { CompressedLayers } from './compressed-layers.js';
import { closeAfter } from './core/close-after.js';
import type { Engine } from './engine.js';
import type { LayerFiles } from './images/layer-files.js';
import type { Layer } from './images/layer.js';
import type { EventSink } from './core/events.js';
import type { BuildRequest } from './plan/request.js';
import type { Push } from './push-outputs.js';
import { isPush, pushTargets, type PushOutput } from './push-targets.js';

export interface Pushes {
  /** Called with each layer of an image that is certain to be one, and free of secrets. */
  onLayer?(layer: Layer): void;
  /** The push of an output of the request. */
  of(output: PushOutput): Push;
  /** Shared with the outputs that are not pushed. Absent when nothing is pushed. */
  readonly compressed?: CompressedLayers;
}

export interface PushingTools {
  readonly request: BuildRequest;
  readonly files: Pick<LayerFiles, 'tar'>;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  readonly cwd: string;
}

/**
 * What is on its way when the work ends, well or not, is given up.
 * @throws what `work` throws; TsbuildError OPTION_*, REGISTRY_REFERENCE, SIGNING_FAILED
 */
export async function withPushes<T>(
  engine: Engine,
  tools: PushingTools,
  work: (pushes: Pushes) => Promise<T>,
): Promise<T> {
  const { tags, outputs = [], sign } = tools.request;
  const pushed = outputs.filter(isPush);
  if (pushed.length === 0) return work({ of: none });
  const [{ createPush }, { createCompressedLayers }] = await Promise.all([
    import('./push-outputs.js'),
    import('./compressed-layers.js'),
  ]);
  const { store, now } = engine;
  const { files, emit } = tools;
  const controller = new AbortController();
  const signal = AbortSignal.any([tools.signal, controller.signal]);
  const note = (message: string): void => emit({ kind: 'note', message });
  const compressed = createCompressedLayers({ store, signal, note });
  const writer = await engine.writer();
  const signPushed = sign && (await (await import('./open-signing.js')).openSigning(sign, engine, tools.cwd));
  const pushTools = { store, files, compressed, writer, signal, emit, now, signPushed };
  const pushes = new Map(
    pushed.map((output) => [
      output,
      createPush({ names: pushTargets(output, tags), form: output, title: 'exporting to image' }, pushTools),
    ]),
  );
  return closeAfter(
    () =>
      work({
        compressed,
        onLayer: (layer) => pushes.forEach((push) => push.begin(layer)),
        of: (output) => pushes.get(output) ?? none(),
      }),
    [() => controller.abort(), () => Promise.all([...pushes.values()].map((push) => push.settle()))],
  );
}

function none(): never {
  throw new Error('internal invariant broken: an output that is not of the request is not pushed');
}
