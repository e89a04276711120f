// A build whose log is kept, as commands tell of it.

export interface BuildSummary {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly started: number;
  /** Seconds; absent for a build that runs, or that was killed. */
  readonly duration?: number;
  /** `unfinished`: it runs, or it was killed. */
  readonly status: 'done' | 'error' | 'canceled' | 'unfinished';
  /** A path as an absolute one. */
  readonly context: string;
  readonly dockerfile?: string;
  readonly target?: string;
  readonly tags: readonly string[];
  /** Of the image. */
  readonly digest?: string;
  /** Steps. */
  readonly executed?: number;
  readonly cached?: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
}
