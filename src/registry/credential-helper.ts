// docker-credential-<name> (github.com/docker/docker-credential-helpers): the server's name on standard input, JSON on
// standard output. The only place of this folder that starts a process; no shell, a name that cannot be a path, no
// output shown.
import { spawn } from 'node:child_process';
import { TsbuildError } from '../core/errors.js';

export interface HelperAnswer {
  readonly username: string;
  readonly secret: string;
}

export interface HelperCall {
  /** The part after `docker-credential-`. */
  readonly name: string;
  /** The key under which the helper keeps the credentials. */
  readonly server: string;
  /** The file that names the helper, for messages. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

const NAME = /^[A-Za-z0-9_.-]+$/;
const MAX_OUTPUT = 1 << 20;
const TIMEOUT_MS = 120_000;
const ABSENT = /credentials not found|no credentials server url|no credentials username/i;

interface Finished {
  readonly status: number | null;
  readonly output: string;
}

function invalid(call: HelperCall, why: string, hint: string, cause?: unknown): TsbuildError {
  return new TsbuildError('CREDENTIALS_INVALID', `error getting credentials for ${call.server}: ${why}`, {
    hint,
    cause,
  });
}

function toStartFailure(call: HelperCall, error: Error & { code?: string }): TsbuildError {
  if (call.signal?.aborted) return new TsbuildError('ABORTED', 'canceled');
  const binary = `docker-credential-${call.name}`;
  const why = error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.message;
  const hint = `install ${binary}, or remove ${JSON.stringify(call.name)} from credsStore and credHelpers in ${call.file}`;
  return invalid(call, `exec: ${JSON.stringify(binary)}: ${why}`, hint, error);
}

function run(call: HelperCall): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${call.name}`, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...call.env },
      ...(call.signal && { signal: call.signal }),
    });
    // Node's own timer goes on after a program that could not be started, and with it the process.
    const timer = setTimeout(() => child.kill(), TIMEOUT_MS);
    let output = '';
    // A helper may have children that hold the pipe open after it has been killed: it is closed on this side.
    const giveUp = (): void => {
      child.stdout.destroy();
      child.kill('SIGKILL');
    };
    child.on('error', (error) => {
      clearTimeout(timer);
      giveUp();
      reject(toStartFailure(call, error));
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > MAX_OUTPUT) giveUp();
    });
    // A helper may end without reading its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${call.server}\n`);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output });
    });
  });
}

function parseAnswer(call: HelperCall, output: string): HelperAnswer {
  const hint = `try: echo ${call.server} | docker-credential-${call.name} get`;
  try {
    const parsed: unknown = JSON.parse(output);
    if (typeof parsed === 'object' && parsed !== null && 'Username' in parsed && 'Secret' in parsed) {
      const { Username: username, Secret: secret } = parsed;
      if (typeof username === 'string' && typeof secret === 'string') return { username, secret };
    }
  } catch {
    // The cause would quote the output, which may hold the secret.
    throw invalid(call, `docker-credential-${call.name} did not answer with JSON`, hint);
  }
  throw invalid(call, `docker-credential-${call.name} answered without Username and Secret`, hint);
}

/**
 * Undefined when the helper knows no credentials for the server.
 * @throws TsbuildError CREDENTIALS_INVALID, ABORTED
 */
export async function runCredentialHelper(call: HelperCall): Promise<HelperAnswer | undefined> {
  if (!NAME.test(call.name)) {
    throw invalid(
      call,
      `${JSON.stringify(call.name)} cannot be the name of a credential helper`,
      `correct ${call.file}`,
    );
  }
  const { status, output } = await run(call);
  if (status === 0) return parseAnswer(call, output);
  if (ABSENT.test(output)) return undefined;
  const hint = `try: echo ${call.server} | docker-credential-${call.name} get`;
  throw invalid(
    call,
    `docker-credential-${call.name} failed${status === null ? '' : ` with status ${status}`}`,
    hint,
  );
}
