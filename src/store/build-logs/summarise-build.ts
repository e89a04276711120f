// The summary of a build whose log is kept. Pure.
import type { BuildSummary } from '../../core/build-summary.js';
import type { KeptBuild } from './kept-builds.js';

export function summariseBuild({ header, end }: KeptBuild): BuildSummary {
  const { id, started, context, dockerfile, target, tags } = header;
  return {
    id,
    started,
    ...(end && { duration: Math.max(0, end.ended - started) }),
    status: end?.status ?? 'unfinished',
    context,
    ...(dockerfile !== undefined && { dockerfile }),
    ...(target !== undefined && { target }),
    tags,
    ...(end?.digest !== undefined && { digest: end.digest }),
    ...(end?.executed !== undefined && { executed: end.executed }),
    ...(end?.cached !== undefined && { cached: end.cached }),
    ...(end?.error && { error: end.error }),
  };
}
