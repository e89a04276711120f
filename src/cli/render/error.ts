// The printed form of a failure: source frame, `ERROR:` line, `hint:` line. A failure that is no
// TsbuildError is a bug of tsbuild and says so.
import { exitStatusOf, TsbuildError, type ErrorCode } from '../../core/errors.js';
import { shorten } from '../../core/shorten.js';
import { escapeLine, escapeMessage } from './escape.js';
import { renderFrameSafely } from './warnings.js';

const TITLE = 'ERROR:';
const RED_TITLE = `\x1b[31m${TITLE}\x1b[0m`;

/** Of a stack. */
const MOST_LINES = 200;

// The families that BuildKit's solver reports: a RUN, the Dockerfile, the context, the registry.
const SOLVE_STATUSES = new Set([1, 3, 4, 6]);

export interface ErrorForm {
  /** With the stack and the code. */
  readonly isDebug: boolean;
  /** With BuildKit's words before failures of a build; default true. */
  readonly isOfBuild?: boolean;
  /** Default false. */
  readonly hasColors?: boolean;
}

/** Ends with a newline. */
export function renderError(
  error: unknown,
  { isDebug, isOfBuild = true, hasColors = false }: ErrorForm,
): string {
  const title = hasColors ? RED_TITLE : TITLE;
  if (!(error instanceof TsbuildError)) return renderBug(error, title, isDebug);
  const lines = [
    ...(error.location ? [renderFrameSafely(error.location)] : []),
    `${title} ${isOfBuild ? prefixOf(error.code) : ''}${escapeMessage(error.message)}`,
    ...(error.hint === undefined ? [] : [`hint: ${escapeMessage(error.hint)}`]),
    ...(isDebug ? [`code: ${error.code}`, ...stackOf(error)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function prefixOf(code: ErrorCode): string {
  if (code === 'CONTEXT_NOT_FOUND') return 'failed to build: ';
  return SOLVE_STATUSES.has(exitStatusOf(code)) ? 'failed to build: failed to solve: ' : '';
}

function renderBug(error: unknown, title: string, isDebug: boolean): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const lines = [
    `${title} internal error: ${escapeMessage(message)}`,
    'hint: this is a bug of tsbuild; please report it with this message and the output of the same command with --debug',
    ...(isDebug ? stackOf(error) : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** The stack with those of its causes. */
function stackOf(error: unknown): string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let at = error; at !== undefined && !seen.has(at); at = at instanceof Error ? at.cause : undefined) {
    const text = at instanceof Error ? (at.stack ?? at.message) : String(at);
    lines.push(
      ...`${seen.size === 0 ? '' : 'caused by: '}${text}`
        .split('\n', MOST_LINES)
        .map((line) => escapeLine(shorten(line))),
    );
    seen.add(at);
  }
  return lines;
}
