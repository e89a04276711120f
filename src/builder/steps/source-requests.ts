// What the sources of a step ask of a tree of files, and what is said when it is not there.
import { fromUtf8 } from '../../core/bytes.js';
import { TsbuildError, type SourceLocation } from '../../core/errors.js';
import type { SourceRequest } from '../../layer/copy/select-sources.js';
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

/**
 * COPY_NOT_FOUND with the ignore rule, or the near name, that explains it, and its place; other failures as they are.
 */
export function withReason(error: unknown, reason: string | undefined, location: SourceLocation): unknown {
  if (!(error instanceof TsbuildError) || error.code !== 'COPY_NOT_FOUND') return error;
  return error.with({ hint: reason ?? error.hint, location });
}
