// What is kept of a start that failed: docker shows the exit code and the reason of a container that never ran.
import { TsbuildError } from '../core/errors.js';
import { writeJson } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord, FinishedState } from './container-record.js';

const OF_AN_ENGINE = 128;

export function noteFailedStart({ paths }: ContainerHost, { id }: ContainerRecord, error: unknown): void {
  const { exitCode = OF_AN_ENGINE, message } =
    error instanceof TsbuildError ? error : { message: String(error) };
  const finished: FinishedState = {
    exitCode,
    isOutOfMemory: false,
    error: message,
    startedAt: 0,
    finishedAt: 0,
  };
  writeJson(paths.of(id).finished, finished);
}
