// Landlock (landlock(7)) on the calling thread.
import type { Binding } from './binding.js';

const CREATE_RULESET = 444;
const ADD_RULE = 445;
const RESTRICT_SELF = 446;
const ASK_VERSION = 1;
const PATH_BENEATH = 1;
/** Of struct landlock_ruleset_attr: before there were scopes, and with them. */
const UNSCOPED_BYTES = 8;
const SCOPED_BYTES = 24;

export interface Ruleset {
  /** Rights that are refused everywhere but below `root`. */
  readonly rights: bigint;
  /** Descriptor of a directory. */
  readonly root: number;
  /** LANDLOCK_SCOPE_*. */
  readonly scopes: bigint;
}

export interface LandlockCalls {
  /** The version that the kernel has, or a negative errno. */
  landlockVersion(): number;
  /** Binds this thread, and what it starts from now on, for good. Needs CAP_SYS_ADMIN or no_new_privs. */
  confine(ruleset: Ruleset): void;
}

/** Bound at the first use: most workers never use them. */
export function landlockCalls(binding: Binding): LandlockCalls {
  return {
    landlockVersion: () => {
      const types = ['const void *', 'size_t', 'uint'];
      return binding.attempt('landlock_create_ruleset', CREATE_RULESET, types)(null, 0, ASK_VERSION);
    },
    confine: (ruleset) => confine(binding, ruleset),
  };
}

function confine(binding: Binding, ruleset: Ruleset): void {
  const create = binding.raw('landlock_create_ruleset', CREATE_RULESET, ['const void *', 'size_t', 'uint']);
  const add = binding.raw('landlock_add_rule', ADD_RULE, ['int', 'int', 'const void *', 'uint']);
  const restrict = binding.raw('landlock_restrict_self', RESTRICT_SELF, ['int', 'uint']);
  const close = binding.define('int close(int fd)');
  const attributes = rulesetAttributes(ruleset);
  binding.sequence([
    [create, attributes, attributes.length, 0],
    [add, { resultOf: 0 }, PATH_BENEATH, beneath(ruleset), 0],
    [restrict, { resultOf: 0 }, 0],
    [close, { resultOf: 0 }],
  ]);
}

function rulesetAttributes({ rights, scopes }: Ruleset): Buffer {
  const attributes = Buffer.alloc(scopes === 0n ? UNSCOPED_BYTES : SCOPED_BYTES);
  attributes.writeBigUInt64LE(rights, 0);
  if (scopes !== 0n) attributes.writeBigUInt64LE(scopes, 16);
  return attributes;
}

/** struct landlock_path_beneath_attr, which is packed. */
function beneath({ rights, root }: Ruleset): Buffer {
  const rule = Buffer.alloc(12);
  rule.writeBigUInt64LE(rights, 0);
  rule.writeInt32LE(root, 8);
  return rule;
}
