// History rows as BuildKit writes them (dockerfile2llb/convert.go, commitToHistory).
import type { HistoryEntry } from '../oci/types.js';
import type { StageState } from './step.js';

const COMMENT = 'buildkit.dockerfile.v0';

/** ISO 8601 without a fraction when there is none, as Go's RFC3339Nano. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.000Z$/, 'Z');
}

function row(createdBy: string, isEmpty: boolean, epoch: number | undefined): HistoryEntry {
  return {
    ...(epoch === undefined ? {} : { created: formatTime(epoch) }),
    created_by: createdBy,
    comment: COMMENT,
    ...(isEmpty ? { empty_layer: true } : {}),
  };
}

/** A row for an instruction that changes the config only. */
export function withMetadataRow(state: StageState, createdBy: string, epoch: number | undefined): StageState {
  return { ...state, history: { item: row(createdBy, true, epoch), before: state.history } };
}

/** A row for an instruction that makes a layer. */
export function withLayerRow(state: StageState, createdBy: string, epoch: number | undefined): StageState {
  return { ...state, history: { item: row(createdBy, false, epoch), before: state.history } };
}

/** `|2 a=1 b=x /bin/sh -c cmd`: the ARGs in scope, first-declared order, with their effective values. */
export function runCommandText(argv: readonly string[], state: StageState): string {
  const values = state.buildArgs.entries();
  const shown =
    values.length > 0
      ? [`|${values.length}`, ...values.map(([key, value]) => `${key}=${state.env.get(key) ?? value ?? ''}`)]
      : [];
  return [...shown, ...argv].join(' ');
}
