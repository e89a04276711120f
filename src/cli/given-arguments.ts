// What stands on a command line, before defaults and variables: what both readers of arguments give.

export interface GivenArguments {
  readonly positionals: readonly string[];
  /** By name of the option; absent when it is not given. Flags are `true` and `false`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}
