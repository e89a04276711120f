// The places where a build will write, looked at before it starts: a mistyped path must not cost the whole build.
// Nothing is made there, and what killed builds left beside them is removed.
import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TsbuildError } from './core/errors.js';
import { outputError } from './export/output-error.js';
import { removeLeftOversBeside } from './export/temporary-beside.js';
import type { BuildRequest, OutputRequest } from './plan/request.js';

/** @throws TsbuildError OUTPUT_FAILED for the first that cannot be written */
export function tryOutputs(
  {
    outputs = [],
    iidFile,
    metadataFile,
    report,
  }: Pick<BuildRequest, 'outputs' | 'iidFile' | 'metadataFile' | 'report'>,
  cwd: string,
): void {
  for (const output of outputs)
    if ('dest' in output && output.dest !== undefined && output.dest !== '-') tryOutput(output, cwd);
  for (const file of [iidFile, metadataFile, report])
    if (file !== undefined) tryPlace(resolve(cwd, file), tryFile);
}

function tryOutput(output: Extract<OutputRequest, { dest: string }>, cwd: string): void {
  const dest = resolve(cwd, output.dest);
  if (output.type === 'local') tryPlace(dest, tryDirectory);
  else if ('tar' in output && output.tar === false) tryPlace(dest, tryLayout);
  else tryPlace(dest, tryFile);
}

function tryPlace(dest: string, attempt: (dest: string) => void): void {
  try {
    attempt(dest);
  } catch (error) {
    throw outputError(error, dest);
  }
}

/** A file is replaced by one that is written beside it; a device or a FIFO is written to. */
function tryFile(dest: string): void {
  const existing = statSync(dest, { throwIfNoEntry: false });
  if (existing?.isDirectory()) throw Object.assign(new Error(dest), { code: 'EISDIR' });
  if (existing && !existing.isFile()) return accessSync(dest, constants.W_OK);
  const path = existing ? realpathSync(dest) : dest;
  if (!statSync(dirname(path)).isDirectory()) throw Object.assign(new Error(dest), { code: 'ENOTDIR' });
  accessSync(dirname(path), constants.W_OK | constants.X_OK);
  removeLeftOversBeside(path);
}

/** Missing directories are made. */
function tryDirectory(dest: string): void {
  let existing = dest;
  while (!existsSync(existing)) existing = dirname(existing);
  if (!statSync(existing).isDirectory()) throw Object.assign(new Error(dest), { code: 'ENOTDIR' });
  accessSync(existing, constants.W_OK | constants.X_OK);
}

function tryLayout(dest: string): void {
  tryDirectory(dest);
  refuseForeignDirectory(dest);
  tryDirectory(dirname(dest));
  if (existsSync(dirname(dest))) removeLeftOversBeside(dest);
}

/** A directory that is an image layout (or empty) is replaced; anything else is not ours to delete. */
function refuseForeignDirectory(dest: string): void {
  const names = existsSync(dest) ? readdirSync(dest) : [];
  if (names.length > 0 && !names.includes('oci-layout'))
    throw new TsbuildError('OUTPUT_FAILED', `${dest} is not empty and not an image layout`, {
      hint: 'choose another dest, or empty the directory',
    });
}
