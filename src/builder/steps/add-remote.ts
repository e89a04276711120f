// ADD of what is not a file of the context: URLs and git repositories.
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { CopyStep } from '../../plan/step.js';
import type { OpenSource, StageRun } from '../stage-run.js';

export interface RemoteSource {
  readonly origin: OpenSource;
  readonly path: ByteString;
  readonly isFile: boolean;
}

export function isRemoteSource(source: string): boolean {
  return /^(https?|git|ssh):\/\/|^git@/.test(source);
}

export async function openRemoteSource(_run: StageRun, step: CopyStep, source: string): Promise<RemoteSource> {
  throw new TsbuildError('ADD_REMOTE', `ADD ${source}: remote sources cannot be used yet`, { location: step.location });
}
