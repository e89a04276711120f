// What the files of a definition say together, whatever they are written in: targets and groups before inheritance,
// names of equal targets merged.
import type { TargetSpec } from './target-spec.js';

export interface Group {
  readonly name: string;
  readonly description?: string;
  readonly targets: readonly string[];
}

export interface Variable {
  readonly name: string;
  readonly description?: string;
  readonly type?: string;
  /** As text; absent for null. */
  readonly value?: string;
}

export interface NamedTarget {
  readonly name: string;
  readonly spec: TargetSpec;
}

export interface Definition {
  readonly groups: readonly Group[];
  readonly targets: readonly NamedTarget[];
  readonly variables: readonly Variable[];
}
