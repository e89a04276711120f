// Random layers in canonical form: what a writer may be given, and what a reader gives back.
import fc from 'fast-check';
import { compareBytes, type ByteString } from '../../../../../src/core/bytes.js';
import type { LayerEntry, TreeNode } from '../../../../../src/layer/entry.js';

const bytes = (options: { minLength: number; maxLength: number; not: string }): fc.Arbitrary<ByteString> =>
  fc
    .uint8Array(options)
    .map((data) => Buffer.from(data).toString('latin1'))
    .map((text) => [...text].map((char) => (options.not.includes(char) ? 'x' : char)).join('') as ByteString);

const component = fc
  .oneof(
    { weight: 4, arbitrary: fc.stringMatching(/^[a-c]{1,3}$/) },
    { weight: 2, arbitrary: bytes({ minLength: 1, maxLength: 8, not: '\0/' }) },
    { weight: 1, arbitrary: fc.integer({ min: 90, max: 250 }).map((length) => 'n'.repeat(length)) },
  )
  .map((name) => (name === '.' || name === '..' || name.startsWith('.wh.') ? 'dot' : name));

export const path = fc
  .array(component, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/') as ByteString);

const owner = fc.oneof(fc.nat(70000), fc.integer({ min: 2097150, max: 2097153 }), fc.constant(0xfffffffe));
const mtime = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(8589934591, 8589934592, -62135596800),
  fc.integer({ min: 1e9, max: 2e9 }),
);
const xattrName = bytes({ minLength: 1, maxLength: 12, not: '\0=' }).map((name) => `user.${name}`);
const xattrs = fc.dictionary(
  fc.oneof(xattrName, fc.constant('__proto__')),
  bytes({ minLength: 0, maxLength: 40, not: '' }),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);

const metadata = fc.record({
  mode: fc.nat(0o7777),
  uid: owner,
  gid: owner,
  mtime,
  mtimeNsec: fc.oneof(fc.constant(0), fc.constantFrom(1, 999999999, 500000000)),
});

const content = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 510, max: 514 }).map((length) => new Uint8Array(length).fill(7)),
);

const typed: fc.Arbitrary<Pick<TreeNode, 'type' | 'size'> & Partial<TreeNode>> = fc.oneof(
  content.map((data) => ({ type: 'file', size: data.length, content: { kind: 'bytes', data } }) as const),
  fc.constant({ type: 'dir', size: 0 } as const),
  bytes({ minLength: 1, maxLength: 150, not: '\0' }).map(
    (link) => ({ type: 'symlink', size: 0, link }) as const,
  ),
  fc
    .tuple(fc.constantFrom('char', 'block'), fc.nat(4095), fc.nat(1048575))
    .map(([type, devMajor, devMinor]) => ({ type, size: 0, devMajor, devMinor }) as const),
  fc.constant({ type: 'fifo', size: 0 } as const),
);

export const node: fc.Arbitrary<TreeNode> = fc
  .tuple(metadata, typed, fc.option(xattrs, { nil: undefined }))
  .map(([base, special, attributes]) => ({ ...base, ...special, ...(attributes && { xattrs: attributes }) }));

/** Files do not have children, links follow their targets, one entry per path: then the index is the input. */
function canonical(
  nodes: readonly (readonly [ByteString, TreeNode])[],
  gone: readonly ByteString[],
): LayerEntry[] {
  const entries = new Map<ByteString, LayerEntry>([]);
  const files: ByteString[] = [];
  for (const [name, value] of [...nodes].sort(([a], [b]) => compareBytes(a, b))) {
    const isBelowFile = name.split('/').some((_, i, parts) => {
      const above = entries.get(parts.slice(0, i).join('/') as ByteString);
      return above !== undefined && !(above.kind === 'node' && above.node.type === 'dir');
    });
    if (entries.has(name) || isBelowFile) continue;
    const target = value.mode % 5 === 0 ? files.at(-1) : undefined;
    if (target === undefined) entries.set(name, { kind: 'node', path: name, node: value });
    else entries.set(name, { kind: 'hardlink', path: name, target });
    if (target === undefined && value.type === 'file') files.push(name);
  }
  const whiteouts = gone
    .filter((name) => !entries.has(name))
    .map((name, i): LayerEntry => {
      return i % 3 === 0 ? { kind: 'opaque', path: name } : { kind: 'whiteout', path: name };
    });
  const unique = new Map(whiteouts.map((entry) => [entry.path, entry]));
  return [...entries.values(), ...unique.values()].sort((a, b) => compareBytes(a.path, b.path));
}

export const layer: fc.Arbitrary<LayerEntry[]> = fc
  .tuple(fc.array(fc.tuple(path, node), { maxLength: 12 }), fc.array(path, { maxLength: 3 }))
  .map(([nodes, gone]) => canonical(nodes, gone));
