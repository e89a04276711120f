// A failure as the command line prints it.
import { flag, object } from './argument-checks.js';
import { escapeMessage } from './cli/render/escape.js';
import { renderError } from './cli/render/error.js';
import { TsbuildError } from './core/errors.js';

export interface FormatErrorOptions {
  /** Default false. */
  readonly color?: boolean;
}

const formatOptions = object({ color: flag });

/**
 * The lines of the Dockerfile, `ERROR:` and the message, the hint; before them the last lines of a RUN that failed. It
 * ends with a newline, and holds no control characters but those of colours. Of another error than a TsbuildError it is
 * the message.
 * @throws TsbuildError OPTION_INVALID
 */
export async function formatError(error: unknown, options: FormatErrorOptions = {}): Promise<string> {
  formatOptions(options, 'options');
  const { color: hasColors = false } = options;
  if (!(error instanceof TsbuildError)) return `${titleOf(hasColors)} ${escapeMessage(textOf(error))}\n`;
  const isOfBuild = error.step !== undefined || error.location !== undefined;
  return logOf(error) + renderError(error, { isDebug: false, isOfBuild, hasColors });
}

function titleOf(hasColors: boolean): string {
  return hasColors ? '\u001b[31mERROR:\u001b[0m' : 'ERROR:';
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Without the times, which an error does not know. */
function logOf({ step, log }: TsbuildError): string {
  if (step === undefined || log === undefined) return '';
  return `------\n > ${escapeMessage(step)}:\n${log}\n------\n`;
}
