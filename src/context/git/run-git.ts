// Starts the git binary: no shell, no prompt, no hook, no configuration of the host, no secret among the arguments.
// Everything git is told beyond its arguments goes through the environment, which it also hands to the helpers it
// starts.
import { spawn, type ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { redactText } from '../../core/redact.js';
import { errnoOf } from '../../core/errno.js';
import { lastWords } from '../../host/last-words.js';
import { signalIfThere } from '../../host/signal-if-there.js';

export interface GitRun {
  readonly args: readonly string[];
  /** An existing directory. */
  readonly cwd: string;
  readonly gitDir?: string;
  readonly workTree?: string;
  /** Further configuration; values may be secret. */
  readonly config?: readonly (readonly [key: string, value: string])[];
  /** Texts that must not be shown. */
  readonly secrets?: readonly string[];
  /** Local repositories may be read. They never may by a submodule. */
  readonly allowFile?: boolean;
  /** Socket of an ssh agent. */
  readonly sshAuthSock?: string | undefined;
  /** The environment to take PATH, proxies and certificate files from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** Secrets removed; the last part only when it is long. */
  readonly stderr: string;
}

const MAX_STDOUT_BYTES = 16 * 1024 * 1024;
const MAX_STDERR_CHARS = 16 * 1024;
const PASSED_ON = /^(PATH|TMPDIR|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO|GIT_SSL_CAPATH)$/i;
/** No configuration file, no question; an unknown host key is taken, a changed one is refused. */
const SSH_COMMAND = 'ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=accept-new';

/**
 * Runs git to its end; a non-zero exit is a result.
 * @throws TsbuildError ADD_GIT when there is no git, ABORTED
 */
export async function runGit(run: GitRun): Promise<GitResult> {
  if (run.signal?.aborted) throw aborted(run.signal);
  const child = spawn('git', run.args, {
    cwd: run.cwd,
    env: environmentOf(run),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that its helpers end with it.
    detached: true,
  });
  const kill = (): void => killGroup(child);
  const stderr = lastWords(child.stderr, MAX_STDERR_CHARS);
  run.signal?.addEventListener('abort', kill);
  try {
    const [stdout, exitCode] = await Promise.all([
      collect(child.stdout, { maxBytes: MAX_STDOUT_BYTES, onExcess: kill }),
      exitOf(child),
    ]);
    if (run.signal?.aborted) throw aborted(run.signal);
    return { exitCode, stdout, stderr: redactText(stderr(), run.secrets ?? []) };
  } finally {
    run.signal?.removeEventListener('abort', kill);
  }
}

function aborted(signal: AbortSignal): TsbuildError {
  return new TsbuildError('ABORTED', 'the build was interrupted', { cause: signal.reason });
}

function environmentOf(run: GitRun): Record<string, string> {
  const passedOn = Object.entries(run.env).filter(
    (entry): entry is [string, string] => PASSED_ON.test(entry[0]) && entry[1] !== undefined,
  );
  const config = [...baseConfig(run.allowFile === true), ...(run.config ?? [])];
  return {
    ...Object.fromEntries(passedOn),
    ...Object.fromEntries(
      config.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
    GIT_CONFIG_COUNT: String(config.length),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    // A repository that the working directory happens to lie in has no say.
    GIT_CEILING_DIRECTORIES: dirname(run.cwd),
    HOME: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_SSH_COMMAND: SSH_COMMAND,
    LC_ALL: 'C',
    ...(run.gitDir === undefined ? {} : { GIT_DIR: run.gitDir }),
    ...(run.workTree === undefined ? {} : { GIT_WORK_TREE: run.workTree }),
    ...(run.sshAuthSock === undefined ? {} : { SSH_AUTH_SOCK: run.sshAuthSock }),
  };
}

/** `user` means: allowed to us, refused to submodules, for which git sets GIT_PROTOCOL_FROM_USER=0. */
function baseConfig(allowFile: boolean): [string, string][] {
  return [
    ['protocol.allow', 'never'],
    ...['https', 'http', 'ssh', 'git'].map((name): [string, string] => [`protocol.${name}.allow`, 'always']),
    ['protocol.file.allow', allowFile ? 'user' : 'never'],
    ...(allowFile ? [['safe.directory', '*'] as [string, string]] : []),
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['core.autocrlf', 'false'],
    ['init.defaultBranch', 'master'],
    ['advice.detachedHead', 'false'],
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
  ];
}

async function collect(
  stream: AsyncIterable<Buffer>,
  { maxBytes, onExcess }: { readonly maxBytes: number; readonly onExcess: () => void },
): Promise<string> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of stream) {
    total += chunk.length;
    if (total <= maxBytes) chunks.push(chunk);
    else onExcess();
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Killed by a signal counts as 128 + 9. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(startFailure(error)));
    child.once('close', (code) => resolve(code ?? 137));
  });
}

function startFailure(error: Error): Error {
  const isMissing = errnoOf(error) === 'ENOENT';
  return new TsbuildError(
    'ADD_GIT',
    isMissing ? 'failed to find git binary' : `cannot start git: ${error.message}`,
    {
      hint: isMissing ? 'install git, or use a local directory or an archive' : undefined,
      cause: error,
    },
  );
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) signalIfThere(-pid, 'SIGKILL');
}
