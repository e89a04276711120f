// The findings of the build checks, as text (buildx: `docker build --check`; dockerfile.md section 7.3) and as JSON.
import type { CheckResult } from '../../index.js';
import { escapeLine, escapeMessage } from './escape.js';
import { renderFrameSafely } from './warnings.js';

export interface CheckedFile {
  /** As the user wrote it. */
  readonly file: string;
  readonly result: CheckResult;
}

/** `Check complete, …` and a paragraph for each finding. */
export function renderFindings(files: readonly CheckedFile[]): string {
  const findings = files.flatMap(({ result }) => result.findings);
  if (findings.length === 0) return 'Check complete, no warnings found.\n';
  const count = findings.length === 1 ? '1 warning has' : `${findings.length} warnings have`;
  const paragraphs = findings.map(({ rule, message, url, location }) => {
    const head = `WARNING: ${escapeLine(rule)}${url === undefined ? '' : ` - ${escapeLine(url)}`}`;
    return ['', head, escapeMessage(message), ...(location ? [renderFrameSafely(location)] : []), ''].join(
      '\n',
    );
  });
  return `Check complete, ${count} been found!\n${paragraphs.join('')}`;
}

/** One object with a member for each file; the text of the file is left out. */
export function renderFindingsJson(files: readonly CheckedFile[]): string {
  const plain = files.map(({ file, result }) => ({
    file,
    isError: result.isError,
    findings: result.findings.map(({ rule, message, url, location }) => ({
      rule,
      message,
      ...(url === undefined ? {} : { url }),
      ...(location === undefined
        ? {}
        : { location: { file: location.file, startLine: location.startLine, endLine: location.endLine } }),
    })),
  }));
  return `${JSON.stringify({ files: plain }, null, 2)}\n`;
}
