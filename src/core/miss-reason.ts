// Why a step was made and not taken from the cache. Plain data that holds no value of an input: values may be secret.

/** One input of a key that is not what it was. */
export interface InputChange {
  /** Its field in the inputs of the key: `content`, `env`, `parent` (the layers below). */
  readonly input: string;
  /** Which item of a list, from 0: of `content` the source, of `mounts` the mount. Absent when the whole is another. */
  readonly index?: number;
  /** Of `env`: the name of the variable. Of `content` and `mounts`: what was copied or mounted, as it was written. */
  readonly name?: string;
}

/** Paths at which what a step made differs from what it made the last time, in the image. */
export interface ChangedPaths {
  /** The first of them, with a `/` in front. */
  readonly paths: readonly string[];
  /** All of them. */
  readonly count: number;
}

export type MissReason =
  /** No record is known of a step at this place. */
  | { readonly kind: 'never' }
  /** The cache was not to be used. */
  | { readonly kind: 'ignored' }
  /** In comparison with the step that stood at the place the last time. */
  | { readonly kind: 'changed'; readonly inputs: readonly InputChange[] }
  /** Of the same step the named part is gone. */
  | { readonly kind: 'lost'; readonly part: 'record' | 'blob' | 'index' }
  /** The same step gave a layer the last time that must not be kept, such as one with the value of a secret. */
  | { readonly kind: 'refused' };
