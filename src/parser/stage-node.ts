// One stage as the graph sees it: its base, what runs in it and where its files come from.
import type { FromInstruction, Instruction, Stage } from './instruction.js';
import type { SourceReference } from './source-reference.js';

export type StageInstruction = Exclude<Instruction, FromInstruction>;

export interface StageNode {
  readonly stage: Stage;
  /** The stage's name, or `stage-N`. */
  readonly name: string;
  readonly base: SourceReference;
  /** A named context stands for the whole stage: `base` is that context and no instruction runs. */
  readonly isReplaced: boolean;
  /** ONBUILD triggers of the base, to run before the stage's own instructions; located at FROM. */
  readonly triggers: readonly StageInstruction[];
  /**
   * For a COPY with --from one reference; for a RUN with mounts one for each mount, undefined where a mount has no
   * `from`. Other instructions (and a COPY from the build context) are not in the map. Keys are those of `triggers` and
   * `stage`.
   */
  readonly sources: ReadonlyMap<StageInstruction, readonly (SourceReference | undefined)[]>;
  /** Indices of the stages it needs directly, ascending. */
  readonly needs: readonly number[];
}
