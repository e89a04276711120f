// What a build knows of the cache mounts that its steps use: those of steps that were executed, each once.

/** A cache mount that a step of the build has used, which was executed. */
export interface UsedMount {
  /** As the sandbox has it. */
  readonly id: string;
  /** For the user: `/root/.npm`. */
  readonly name: string;
  /** `linux/amd64` */
  readonly platforms: Set<string>;
  /** Of what remote caches have of it; never fails but with the build. */
  restored?: Promise<void>;
}

/** By their ids. */
export type UsedMounts = Map<string, UsedMount>;
