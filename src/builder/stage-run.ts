// What the steps of one stage work on: the layers so far and the sources they may open.
import type { Json } from '../core/canonical-json.js';
import type { TreeView } from '../layer/tree-view.js';
import type { Platform } from '../oci/platform.js';
import type { PlannedStep, SourceRef } from '../plan/step.js';
import type { Layer } from '../images/layer.js';
import type { StoredLayer } from '../store/stored-layer.js';
import type { BuildTools } from './build-tools.js';
import { areFetchedForIndexes, unpackAhead } from '../images/unpack-ahead.js';

/** A source of files: its tree, and its layers when it is made of layers. */
export interface OpenSource {
  /** Of layers: their indexes are brought in, and decoded, when it is first asked for. */
  view(): Promise<TreeView>;
  /** False for a directory of the host: its files are in no layer. */
  readonly isLayered: boolean;
  readonly layers: readonly Layer[];
  /** Says why a path is not there: an ignore rule, or a near name. */
  whyAbsent?(path: string): string | undefined;
}

export interface StageRun {
  readonly tools: BuildTools;
  readonly platform: Platform;
  /** What the image that it starts from is for: its programs are executed. */
  readonly machine: Platform;
  /** As shown. */
  readonly stageName: string;
  /** Layers below the step, bottom first. */
  readonly layers: readonly Layer[];
  /** SOURCE_DATE_EPOCH in seconds. */
  readonly epoch: number | undefined;
  /** A RUN follows in the stage: when this step must be made, that one very likely must be too. */
  readonly isRunAhead: boolean;
  /** Files may be copied out of the layers of the stage. */
  readonly isSource: boolean;
  openSource(from: SourceRef): Promise<OpenSource>;
  /** Before work that takes its time: ends the build now if a later step lacks a file of a context. */
  lookAhead(): void;
  /** The steps of the stage up to this one: what each is called, and how many layers are below it. */
  stepsSoFar(): readonly { readonly name: string; readonly below: number }[];
  /** Where a step of the stage stands (step-places.ts). */
  placeOf(step: PlannedStep): Json;
}

export function parentOf(run: StageRun) {
  return { platform: run.platform, layers: run.layers.map((layer) => layer.diffId), epoch: run.epoch };
}

/** Time of files that the builder itself makes. */
export function creationTime(run: StageRun): { mtime: number; mtimeNsec: number } {
  const seconds = run.epoch ?? run.tools.now();
  return {
    mtime: Math.floor(seconds),
    mtimeNsec: run.epoch === undefined ? Math.floor((seconds % 1) * 1e9) : 0,
  };
}

/**
 * In a step that must be made and has a RUN behind it: starts what that will need, and fetches nothing that this step
 * would not.
 */
export function prepareRunAhead(run: StageRun): void {
  if (!run.isRunAhead) return;
  run.tools.sandbox.prepare();
  if (areFetchedForIndexes(run.tools, run.layers)) startUnpacking(run);
}

/** Fetches what is missing of the layers below, and has it unpacked on the way. */
export function startUnpacking({ tools, layers }: StageRun): void {
  unpackAhead({ ...tools, unpacker: () => tools.sandbox.get() }, layers);
}

/** The layers with their blobs in the store. @throws TsbuildError REGISTRY_*, LAYER_*, STORE_*, ABORTED */
export function storedLayers({ tools }: StageRun, layers: readonly Layer[]): Promise<StoredLayer[]> {
  return Promise.all(layers.map((layer) => tools.files.stored(layer)));
}
