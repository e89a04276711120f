// The findings of the build checks, as text (BuildKit's frontend/subrequests/lint/lint.go) and as JSON.
import type { SourceLocation, TsbuildError } from '../../core/errors.js';
import type { CheckResult } from '../../index.js';
import { escapeLine, escapeMessage } from './escape.js';
import { renderFrameSafely } from './warnings.js';

export interface CheckedFile {
  /** As the user wrote it. */
  readonly file: string;
  /** The directory that its name is relative to; undefined when the user wrote the name. */
  readonly folder?: string;
  readonly result: CheckResult;
}

/** `Check complete, …` and a paragraph for each finding; nothing when there are only errors. */
export function renderFindings(files: readonly CheckedFile[]): string {
  const findings = files.flatMap(({ result }) => result.findings);
  const hasError = files.some(({ result }) => result.error !== undefined);
  if (findings.length === 0) return hasError ? '' : 'Check complete, no warnings found.\n';
  const count = findings.length === 1 ? '1 warning has' : `${findings.length} warnings have`;
  const paragraphs = findings.map(({ rule, message, url, location }) => {
    const head = `WARNING: ${escapeLine(rule)}${url === undefined ? '' : ` - ${escapeLine(url)}`}`;
    return ['', head, escapeMessage(message), ...(location ? [renderFrameSafely(location)] : []), ''].join(
      '\n',
    );
  });
  return `Check complete, ${count} been found!\n${paragraphs.join('')}`;
}

/** What stops a build of the file: the message, its place and how to fix it, as buildx prints the error of a check. */
export function renderBuildError({ message, location, hint }: TsbuildError): string {
  const lines = [
    `ERROR: ${escapeMessage(message)}`,
    ...(location === undefined ? [] : [renderFrameSafely(location)]),
    ...(hint === undefined ? [] : [`hint: ${escapeMessage(hint)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * One object with a member for each file; the text of the file is left out. `buildError` is called so in BuildKit's
 * lint results.
 */
export function renderFindingsJson(files: readonly CheckedFile[]): string {
  const plain = files.map(({ file, result }) => ({
    file,
    isError: result.isError,
    findings: result.findings.map(({ rule, message, url, location }) => ({
      rule,
      message,
      ...(url === undefined ? {} : { url }),
      ...placeOf(location),
    })),
    ...(result.error === undefined
      ? {}
      : { buildError: { message: result.error.message, ...placeOf(result.error.location) } }),
    ...(result.notes.length === 0 ? {} : { notes: result.notes }),
  }));
  return `${JSON.stringify({ files: plain }, null, 2)}\n`;
}

function placeOf(location: SourceLocation | undefined): object {
  if (location === undefined) return {};
  const { file, startLine, endLine } = location;
  return { location: { file, startLine, endLine } };
}
