// Keeps the log of a build in the store beside telling its events to the caller. Invariant: a log that cannot be kept
// ends no build; it is said once.
import { resolve } from 'node:path';
import type { BuildOptions } from './build-options.js';
import { joinOptions } from './join-options.js';
import { errnoWords } from './core/errno.js';
import { TsbuildError } from './core/errors.js';
import type { BuildEvent, EventSink } from './core/events.js';
import { redactSource } from './core/redact.js';
import { shorten } from './core/shorten.js';
import type { BuildRequest, BuildResult } from './plan/request.js';
import { capBuildLogs } from './store/build-logs/kept-builds.js';
import type { BuildEnd, BuildHeader } from './store/build-logs/log-lines.js';
import { newBuildId, recordBuild } from './store/build-logs/record-build.js';
import type { StorePaths } from './store/store-paths.js';

/** Characters of a message. */
const LONGEST = 4000;

export interface KeepOptions {
  /** Which relative paths of the request are relative to. */
  readonly cwd: string;
  readonly paths: Pick<StorePaths, 'builds'>;
  /** Gets the events that are told beside those of the build. */
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
}

export interface KeptLog {
  /** Of the build. */
  readonly id: string;
  readonly onEvent: EventSink;
  done(result: BuildResult): void;
  failed(error: unknown): void;
}

export function keepBuildLog(request: BuildRequest, { paths, emit, now, cwd }: KeepOptions): KeptLog {
  const started = now();
  const id = newBuildId(started);
  const recorder = recordBuild(paths, headerOf(request, { id, started, cwd }));
  let isKept = true;
  const trying = (work: () => void): void => {
    if (!isKept) return;
    try {
      work();
    } catch (error) {
      isKept = false;
      recorder.close();
      emit({ kind: 'note', message: `the log of this build is not kept: ${wordsOf(error)}` });
    }
  };
  const end = (how: BuildEnd): void => {
    trying(() => {
      const size = recorder.end(how);
      recorder.close();
      capBuildLogs(paths, size);
    });
    emit({ kind: 'build-end', id, status: how.status, time: how.ended });
  };
  emit({ kind: 'build', id, time: started });
  return {
    id,
    onEvent: (event: BuildEvent) => trying(() => recorder.onEvent(event)),
    done: ({ digest, executed, cached }) => end({ ended: now(), status: 'done', digest, executed, cached }),
    failed: (error) => end({ ended: now(), ...failureOf(error) }),
  };
}

/** The options with the log as a second reader of the events. */
export function alsoTo(options: BuildOptions, onEvent: EventSink): BuildOptions {
  const { onEvent: told = () => undefined } = options;
  const both: EventSink = (event) => {
    onEvent(event);
    told(event);
  };
  return joinOptions(options, { onEvent: both });
}

function headerOf(
  { context, dockerfile, target, tags = [] }: BuildRequest,
  { id, started, cwd }: { readonly id: string; readonly started: number; readonly cwd: string },
): BuildHeader {
  return {
    id,
    started,
    context: isPath(context) ? resolve(cwd, context) : redactSource(context),
    dockerfile: dockerfile === undefined ? undefined : redactSource(dockerfile),
    target,
    tags,
  };
}

function isPath(context: string): boolean {
  return context !== '-' && !/^([a-z][a-z0-9+.-]*:|git@)/i.test(context);
}

function failureOf(error: unknown): Omit<BuildEnd, 'ended'> {
  if (!(error instanceof TsbuildError))
    return { status: 'error', error: { code: 'INTERNAL', message: shorten(String(error), LONGEST) } };
  const { code, hint } = error;
  if (code === 'ABORTED') return { status: 'canceled' };
  return { status: 'error', error: { code, message: shorten(error.message, LONGEST), hint } };
}

function wordsOf(error: unknown): string {
  const words = errnoWords(error);
  if (words === undefined) throw error;
  return words;
}
