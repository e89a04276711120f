// Refuses what would carry a secret of the build out of it: the layers a build makes, the definitions of their steps
// (which go into cache records) and the image's config with its history.
// Invariant: a step whose layer holds a secret leaves no cache record, and no message contains a value.
import { toUtf8, type ByteString } from '../../core/bytes.js';
import type { DiffId } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { pause } from '../../core/in-turns.js';
import type { LayerEntry } from '../../layer/entry.js';
import type { ContentFile } from '../../layer/stored-content.js';
import type { BuildRequest } from '../../plan/request.js';
import type { Store } from '../../store/store.js';
import { redactPatterns } from './redactor.js';
import { hiddenPatterns, scannedPatterns } from './secret-patterns.js';
import type { BuildSecrets, NamedSecret } from './secrets.js';

export interface ScanInput {
  readonly request: Pick<BuildRequest, 'isSecretScanOff'>;
  readonly secrets: BuildSecrets;
  readonly store: Store;
  readonly signal: AbortSignal;
}

export interface SecretScan {
  /**
   * The uncompressed blob and the index must be in the store.
   * @param step its name as shown
   * @throws TsbuildError SECRET_LEAKED
   */
  layer(diffId: DiffId, step: string): Promise<void>;
  /**
   * Every string and key of plain data.
   * @param what as in a sentence: `the image config`
   * @throws TsbuildError SECRET_LEAKED
   */
  data(value: unknown, what: string): void;
}

/** Undefined when there is nothing to look for. */
export function createSecretScan(input: ScanInput): SecretScan | undefined {
  const all = input.secrets.all();
  const secrets = input.request.isSecretScanOff === true ? [] : scannedPatterns(all);
  if (secrets.length === 0) return undefined;
  const hide = (text: string): string => redactPatterns(text, hiddenPatterns(all));
  return {
    async layer(diffId, step) {
      const leak =
        (await findInNames(input, diffId, secrets)) ?? (await findInContent(input, diffId, secrets));
      if (leak) throw leaked(leak.id, `${hide(leak.where)}, in the layer of ${hide(step)}`);
    },
    data(value, what) {
      const found = findInData(value, secrets, []);
      if (found)
        throw leaked(
          found.id,
          `${hide(what)}${found.path.length > 0 ? `: ${hide(found.path.join('.'))}` : ''}`,
        );
    },
  };
}

function leaked(id: string, where: string): TsbuildError {
  return new TsbuildError('SECRET_LEAKED', `the value of secret ${id} is in ${where}`, {
    hint: 'Do not write it to a file that stays, an ARG, an ENV or a LABEL; if it is no secret, build with --no-secret-scan.',
  });
}

interface Leak {
  readonly id: string;
  readonly where: string;
}

async function findInNames(
  { store }: ScanInput,
  diffId: DiffId,
  secrets: readonly NamedSecret[],
): Promise<Leak | undefined> {
  const needles = secrets.map(({ id, value }) => ({ id, text: value.toString('latin1') }));
  for (const entry of store.readIndex(diffId)) {
    for (const text of textsOf(entry)) {
      const needle = needles.find((candidate) => text.includes(candidate.text));
      if (needle) return { id: needle.id, where: `the name, a link or an attribute of ${shown(entry.path)}` };
    }
  }
  return undefined;
}

function textsOf(entry: LayerEntry): string[] {
  if (entry.kind === 'hardlink') return [entry.path, entry.target];
  if (entry.kind !== 'node') return [entry.path];
  const { link, xattrs } = entry.node;
  return [
    entry.path,
    ...(link === undefined ? [] : [link]),
    ...(xattrs ? Object.entries(xattrs).flat() : []),
  ];
}

function shown(path: ByteString): string {
  return `/${toUtf8(path)}`;
}

async function findInContent(
  { store, signal }: ScanInput,
  diffId: DiffId,
  secrets: readonly NamedSecret[],
): Promise<Leak | undefined> {
  const tar = store.openTar(diffId);
  try {
    const found = await findInFile(tar, secrets, signal);
    return found && { id: found.id, where: placeOf(store.readIndex(diffId), found.offset) };
  } finally {
    tar.close();
  }
}

const CHUNK_BYTES = 1 << 20;

/**
 * The first chunk with a secret decides; chunks overlap by what the longest secret needs. Gives way to others between
 * them.
 */
export async function findInFile(
  file: Pick<ContentFile, 'reader'>,
  secrets: readonly NamedSecret[],
  signal: AbortSignal,
  chunkBytes = CHUNK_BYTES,
): Promise<{ id: string; offset: number } | undefined> {
  const overlap = Math.max(...secrets.map(({ value }) => value.length)) - 1;
  const buffer = Buffer.alloc(overlap + chunkBytes);
  const readOn = file.reader({ offset: 0 });
  let kept = 0;
  let start = 0;
  for (;;) {
    if (signal.aborted) throw new TsbuildError('ABORTED', 'the build was interrupted');
    const count = readOn(buffer, kept, chunkBytes);
    if (count === 0) return undefined;
    const data = buffer.subarray(0, kept + count);
    for (const { id, value } of secrets) {
      const at = data.indexOf(value);
      if (at >= 0) return { id, offset: start + at };
    }
    kept = Math.min(overlap, data.length);
    start += data.length - kept;
    data.copyWithin(0, data.length - kept);
    await pause(signal);
  }
}

/** The file whose content is at that offset of the layer's tar. */
function placeOf(index: readonly LayerEntry[], offset: number): string {
  const holder = index.find((entry) => {
    const content = entry.kind === 'node' ? entry.node.content : undefined;
    if (entry.kind !== 'node' || content?.kind !== 'layer') return false;
    return content.offset <= offset && offset < content.offset + entry.node.size;
  });
  return holder ? shown(holder.path) : 'the headers of its tar';
}

interface DataLeak {
  readonly id: string;
  readonly path: readonly string[];
}

/** `path`: the members that lead to it; to its parent when a key holds it. */
function findInData(
  value: unknown,
  secrets: readonly NamedSecret[],
  path: readonly string[],
): DataLeak | undefined {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    const secret = secrets.find((candidate) => bytes.includes(candidate.value));
    return secret && { id: secret.id, path };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = findInData(key, secrets, path) ?? findInData(member, secrets, [...path, key]);
    if (found) return found;
  }
  return undefined;
}
