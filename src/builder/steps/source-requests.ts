// What the sources of a step ask of a tree of files, and what is said when it is not there.
import { basename, dirname, join } from 'node:path';
import { nearestName } from '../../context/why-absent.js';
import { fromUtf8, toUtf8 } from '../../core/bytes.js';
import { TsbuildError, type SourceLocation } from '../../core/errors.js';
import type { SourceRequest } from '../../layer/copy/select-sources.js';
import { tracePath } from '../../layer/resolve-path.js';
import type { TreeView } from '../../layer/tree-view.js';
import type { CopyStep } from '../../plan/step.js';

/** What one source of a COPY or ADD stands for. */
export function copyRequest(
  step: Pick<CopyStep, 'from' | 'isParents' | 'excludes'>,
  source: string,
): SourceRequest {
  return {
    sources: [fromUtf8(source)],
    wildcards: 'expand',
    isParents: step.isParents,
    excludes: step.excludes,
    origin: step.from.kind === 'main' ? 'context' : step.from.kind,
  };
}

/** What a bind mount shows. */
export function mountRequest(path: string): SourceRequest {
  return { sources: [fromUtf8(path === '' ? '.' : path)], wildcards: 'literal', origin: 'mount source' };
}

export function isNotFound(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'COPY_NOT_FOUND';
}

/** For a hint: a path of the folder that is written nearly so. */
export function nearPath(view: TreeView, path: string): string | undefined {
  const folder = tracePath(view, fromUtf8(dirname(path)), { followLast: true });
  if (folder.kind !== 'path') return undefined;
  const nearest = nearestName(basename(path), view.children(folder.path).map(toUtf8));
  return nearest === undefined ? undefined : `did you mean ${join(dirname(path), nearest)}?`;
}

/**
 * COPY_NOT_FOUND with the ignore rule, or the near name, that explains it, and its place; other failures as they are.
 */
export function withReason(error: unknown, reason: string | undefined, location: SourceLocation): unknown {
  if (!(error instanceof TsbuildError) || !isNotFound(error)) return error;
  return error.with({ hint: reason ?? error.hint, location });
}
