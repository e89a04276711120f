// Where the boxes of the stages stand: those that need nothing at the left, each other one behind all that it needs.
// Pure.
import type { StageRef } from '../core/events.js';

export interface PlacedStage {
  readonly stage: StageRef;
  readonly x: number;
  readonly y: number;
}

export interface Edge {
  readonly from: PlacedStage;
  readonly to: PlacedStage;
  /** `base`: the second starts from the first; `files`: it takes files of it. */
  readonly kind: 'base' | 'files';
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly stages: readonly PlacedStage[];
  readonly edges: readonly Edge[];
}

export const BOX = { width: 176, height: 62 } as const;
const GAP = { x: 56, y: 18 } as const;
const MARGIN = 8;

/** @param stages in the order of the Dockerfile: what a stage needs stands before it */
export function layOutStages(stages: readonly StageRef[]): GraphLayout {
  const columns = new Map<string, number>();
  const rows: number[] = [];
  const placed = stages.map((stage): PlacedStage => {
    const column = 1 + Math.max(-1, ...stage.needs.map((id) => columns.get(id) ?? -1));
    columns.set(stage.id, column);
    const row = rows[column] ?? 0;
    rows[column] = row + 1;
    return {
      stage,
      x: MARGIN + column * (BOX.width + GAP.x),
      y: MARGIN + row * (BOX.height + GAP.y),
    };
  });
  const byId = new Map(placed.map((one) => [one.stage.id, one]));
  const edges = placed.flatMap((to) =>
    to.stage.needs.flatMap((id): readonly Edge[] => {
      const from = byId.get(id);
      return from ? [{ from, to, kind: from.stage.name === to.stage.base ? 'base' : 'files' }] : [];
    }),
  );
  const extent = (length: number, size: number, gap: number): number =>
    2 * MARGIN + Math.max(0, length * (size + gap) - gap);
  return {
    width: extent(rows.length, BOX.width, GAP.x),
    height: extent(Math.max(0, ...rows), BOX.height, GAP.y),
    stages: placed,
    edges,
  };
}
