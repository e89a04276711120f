// A target as a definition writes it, with the keys of bake files.

/** Keys and values as in the CSV of an option; `type` is among them. */
export type Attributes = Readonly<Record<string, string>>;

export interface SecretSpec {
  readonly id?: string;
  readonly src?: string;
  readonly env?: string;
}

export interface SshSpec {
  readonly id: string;
  readonly paths?: readonly string[];
}

/** A null stands for no value: it hides nothing that was inherited. */
export type NullableTexts = Readonly<Record<string, string | null>>;

export interface TargetSpec {
  readonly description?: string;
  readonly inherits?: readonly string[];
  readonly annotations?: readonly string[];
  readonly attest?: readonly Attributes[];
  readonly context?: string;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly dockerfile?: string;
  readonly 'dockerfile-inline'?: string;
  readonly args?: NullableTexts;
  readonly labels?: NullableTexts;
  readonly tags?: readonly string[];
  readonly 'cache-from'?: readonly Attributes[];
  readonly 'cache-to'?: readonly Attributes[];
  readonly target?: string;
  readonly secret?: readonly SecretSpec[];
  readonly ssh?: readonly SshSpec[];
  readonly platforms?: readonly string[];
  readonly output?: readonly Attributes[];
  readonly pull?: boolean;
  readonly 'no-cache'?: boolean;
  readonly network?: string;
  readonly 'no-cache-filter'?: readonly string[];
  readonly 'shm-size'?: string;
  readonly ulimits?: readonly string[];
  readonly resources?: Readonly<Record<string, string>>;
  readonly call?: string;
  readonly entitlements?: readonly string[];
  readonly 'extra-hosts'?: NullableTexts;
}

export type TargetKey = keyof TargetSpec;
