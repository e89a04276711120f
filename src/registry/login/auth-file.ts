// Changing docker's config.json and podman's auth.json: what other tools have written there stays as it is.
// Invariant: the file is there whole, old or new, readable by its owner alone; a symbolic link to it stays a link.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errnoOf } from '../../core/errno.js';
import { TsbuildError } from '../../core/errors.js';
import { parseConfigObject } from '../auth-config.js';

/** Everything in the file, known here or not. */
export type AuthDocument = Readonly<Record<string, unknown>>;

const MAX_LINKS = 40;

function failure(doing: 'read' | 'write', path: string, error: unknown): TsbuildError {
  if (error instanceof TsbuildError) return error;
  return new TsbuildError(
    'CREDENTIALS_INVALID',
    `cannot ${doing} ${path}: ${errnoOf(error) ?? 'it failed'}`,
    {
      hint: 'check its permissions, or name another file with --authfile',
      cause: error,
    },
  );
}

/** Undefined when there is none. @throws TsbuildError CREDENTIALS_INVALID */
export async function readAuthFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw failure('read', path, error);
  }
}

/** @throws TsbuildError CREDENTIALS_INVALID */
export function parseAuthFile(path: string, text: string | undefined): AuthDocument {
  return parseConfigObject(path, text ?? '');
}

/** The file at the end of the links, which need not be there. */
async function behindLinks(path: string): Promise<string> {
  let file = path;
  for (let count = 0; count < MAX_LINKS; count++) {
    try {
      file = resolve(dirname(file), await readlink(file));
    } catch {
      // Not a link, or nothing: the place to write to.
      return file;
    }
  }
  throw new TsbuildError('CREDENTIALS_INVALID', `cannot write ${path}: its links lead in a circle`);
}

/**
 * With tabs, as docker writes it.
 * @throws TsbuildError CREDENTIALS_INVALID
 */
export async function writeAuthFile(path: string, content: AuthDocument): Promise<void> {
  try {
    const file = await behindLinks(path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await replace(file, `${JSON.stringify(content, null, '\t')}\n`);
  } catch (error) {
    throw failure('write', path, error);
  }
}

async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await keepOwner(file, handle);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Under sudo the file of a user stays the user's. */
async function keepOwner(
  file: string,
  handle: { chown(uid: number, gid: number): Promise<void>; stat(): Promise<{ uid: number; gid: number }> },
): Promise<void> {
  const old = await stat(file).catch(() => undefined);
  const made = await handle.stat();
  if (old && (old.uid !== made.uid || old.gid !== made.gid)) await handle.chown(old.uid, old.gid);
}
