// `tsbuild check [PATH…]`: build checks without building. A PATH is a directory (a context), a Dockerfile or a pattern.
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errnoOf } from '../../core/errno.js';
import { exitStatusOf, TsbuildError } from '../../core/errors.js';
import { redactSource } from '../../core/redact.js';
import type { BuildRequest, CheckResult } from '../../index.js';
import type { Api, CliHost } from '../host.js';
import { inputsOf } from '../build-request.js';
import { parseArguments } from '../parse-arguments.js';
import type { FindingsFormat } from '../parse/call.js';
import { escapeMessage } from '../render/escape.js';
import {
  renderBuildError,
  renderFindings,
  renderFindingsJson,
  type CheckedFile,
} from '../render/findings.js';
import { renderFindingsForGithub, renderFindingsSarif } from '../render/findings-for-ci.js';
import { runHelp } from './help.js';

interface CheckTarget extends Pick<CheckedFile, 'folder'> {
  readonly file: string;
  readonly request: BuildRequest;
}

const RENDERERS: Readonly<Record<FindingsFormat, (files: readonly CheckedFile[]) => string>> = {
  text: renderFindings,
  json: renderFindingsJson,
  sarif: renderFindingsSarif,
  github: renderFindingsForGithub,
};

interface CheckSetting {
  readonly format: FindingsFormat;
  readonly api: Api;
  readonly host: CliHost;
}

const FOUND = 1;

/** The exit status. @throws TsbuildError */
export async function runCheck(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'check', host.env);
  if (args.flag('help')) return runHelp(['check'], host);
  const paths = args.positionals.length === 0 ? ['.'] : args.positionals;
  const dockerfile = args.text('file');
  const found = (await Promise.all(paths.map((path) => targetsOf(path, dockerfile, host.cwd)))).flat();
  const target = args.text('target');
  const inputs = { ...inputsOf(args, host.env), ...(target !== undefined && { target }) };
  const targets = found.map((one) => ({ ...one, request: { ...one.request, ...inputs } }));
  const format = args.text('format') as FindingsFormat;
  return checkRequests(targets, { format, api: await host.loadApi(), host });
}

/**
 * Prints the findings of all, then on standard error what would stop a build; a file that cannot be checked does not
 * keep the others from it. The status is that of the first error, or 1 when there are findings.
 */
export async function checkRequests(
  targets: readonly CheckTarget[],
  { format, api, host }: CheckSetting,
): Promise<number> {
  const checked: CheckedFile[] = [];
  for (const { file, request, ...folder } of targets)
    checked.push({ ...folder, file: redactSource(file), result: await resultOf(request, { api, host }) });
  host.stdout.write(RENDERERS[format](checked));
  const notes = new Set(checked.flatMap(({ result }) => result.notes));
  for (const note of notes) host.stderr.write(`note: ${escapeMessage(note)}\n`);
  const errors = checked.flatMap(({ result }) => result.error ?? []);
  for (const error of errors) host.stderr.write(renderBuildError(error));
  if (errors.length > 0) return exitStatusOf(errors[0]!.code);
  return checked.some(({ result }) => result.findings.length > 0) ? FOUND : 0;
}

async function resultOf(
  request: BuildRequest,
  { api, host }: Pick<CheckSetting, 'api' | 'host'>,
): Promise<CheckResult> {
  const { signal, stdin, env, cwd } = host;
  try {
    return await api.check(request, { signal, stdin, env, cwd });
  } catch (error) {
    if (!(error instanceof TsbuildError) || signal.aborted) throw error;
    return { findings: [], isError: false, notes: [], error };
  }
}

async function targetsOf(path: string, dockerfile: string | undefined, cwd: string): Promise<CheckTarget[]> {
  const found = path === '-' ? 'other' : await kindOf(resolve(cwd, path));
  if (found === 'directory')
    return dockerfile
      ? [{ file: dockerfile, request: { context: path, dockerfile } }]
      : [{ file: path, folder: path, request: { context: path } }];
  if (found === 'file') return [fileTarget(path)];
  if (found === 'other' || /^\w+:\/\//.test(path)) return [{ file: path, request: { context: path } }];
  const { globby } = await import('globby');
  const files = await globby(path, {
    cwd,
    gitignore: false,
    ignore: ['**/node_modules/**', '**/.git/**'],
    dot: true,
  });
  const kept = files.filter((file) => !file.endsWith('.dockerignore')).sort();
  if (kept.length > 0) return kept.map(fileTarget);
  throw new TsbuildError('DOCKERFILE_NOT_FOUND', `no Dockerfile matches ${path}`, {
    hint: "quote a pattern: '**/Dockerfile*'",
  });
}

function fileTarget(file: string): CheckTarget {
  return { file, request: { context: dirname(file), dockerfile: file } };
}

async function kindOf(path: string): Promise<'directory' | 'file' | 'other' | undefined> {
  try {
    const info = await stat(path);
    return info.isDirectory() ? 'directory' : info.isFile() ? 'file' : 'other';
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TsbuildError('CONTEXT_UNREADABLE', `cannot read ${path}`, { cause: error });
  }
}
