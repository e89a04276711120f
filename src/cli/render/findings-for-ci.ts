// The findings of the build checks as services of CI read them: SARIF 2.1.0 (OASIS), which code scanning takes, and the
// workflow commands of GitHub Actions, which mark lines of a pull request. Pure.
import { join } from 'node:path/posix';
import type { SourceLocation } from '../../core/errors.js';
import { VERSION } from '../../core/version.js';
import { escapeMessage } from './escape.js';
import type { CheckedFile } from './findings.js';

interface Mark {
  readonly level: 'warning' | 'error';
  /** The rule, or the code of the error. */
  readonly rule: string;
  readonly message: string;
  readonly url?: string | undefined;
  /** Relative to the directory that the command was started in. */
  readonly file?: string;
  readonly location?: SourceLocation | undefined;
}

function marksOf(files: readonly CheckedFile[]): readonly Mark[] {
  return files.flatMap(({ result, folder }) => {
    const placed = (location: SourceLocation | undefined) =>
      location && { location, file: folder === undefined ? location.file : join(folder, location.file) };
    const { findings, error } = result;
    return [
      ...findings.map(({ location, ...finding }): Mark => ({
        level: 'warning',
        ...finding,
        ...placed(location),
      })),
      ...(error
        ? [
            {
              level: 'error',
              rule: error.code,
              message: error.hint === undefined ? error.message : `${error.message} (${error.hint})`,
              ...placed(error.location),
            } satisfies Mark,
          ]
        : []),
    ];
  });
}

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** One run with a result for each finding; what stops a build is a result of the level `error`. */
export function renderFindingsSarif(files: readonly CheckedFile[]): string {
  const marks = marksOf(files);
  const rules = new Map(marks.map(({ rule, url }) => [rule, url]));
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'tsbuild',
            version: VERSION,
            rules: [...rules].map(([id, url]) => ({ id, ...(url === undefined ? {} : { helpUri: url }) })),
          },
        },
        results: marks.map((mark) => ({
          ruleId: mark.rule,
          level: mark.level,
          message: { text: mark.message },
          ...sarifPlaces(mark),
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function sarifPlaces({ file, location }: Mark): object {
  if (file === undefined || location === undefined) return {};
  const { startLine, endLine } = location;
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return {
    locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine, endLine } } }],
  };
}

/** `::warning file=…,line=…,endLine=…,title=…::message`, a line for each. */
export function renderFindingsForGithub(files: readonly CheckedFile[]): string {
  return marksOf(files)
    .map(({ level, rule, message, file, location }) => {
      const place = location && file !== undefined && placeWords(file, location);
      const properties = [...(place || []), `title=${escapeProperty(rule)}`].join(',');
      return `::${level} ${properties}::${escapeData(message)}\n`;
    })
    .join('');
}

function placeWords(file: string, { startLine, endLine }: SourceLocation): readonly string[] {
  return [`file=${escapeProperty(file)}`, `line=${startLine}`, `endLine=${endLine}`];
}

/** As actions/toolkit packages/core/src/command.ts has it. */
function escapeData(text: string): string {
  return escapeMessage(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
