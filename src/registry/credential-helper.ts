// docker-credential-<name> (github.com/docker/docker-credential-helpers): the word of what to do as argument,
// everything else on standard input, the answer on standard output. The only place of this folder that starts a
// process.
// Invariant: no shell, no name that can be a path, no secret among the arguments, no output in a message.
import { spawn } from 'node:child_process';
import { TsbuildError } from '../core/errors.js';

export type HelperAnswer =
  | { readonly kind: 'found'; readonly username: string; readonly secret: string }
  /** It knows no credentials for the server. */
  | { readonly kind: 'none' }
  /** It cannot be started; `why` for messages. */
  | { readonly kind: 'missing'; readonly why: string };

export interface HelperCall {
  /** The part after `docker-credential-`. */
  readonly name: string;
  /** The key under which the helper keeps the credentials. */
  readonly server: string;
  /** The file that names the helper, for messages. */
  readonly file: string;
  /** Of the helper: some read their own variables from it, as docker-credential-ecr-login does AWS_PROFILE. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

type Action = 'get' | 'store' | 'erase';

const NAME = /^[A-Za-z0-9_.-]+$/;
const MAX_OUTPUT = 1 << 20;
const TIMEOUT_MS = 120_000;
const ABSENT = /credentials not found|no credentials server url|no credentials username/i;
/** Of a program that is not there, may not be executed, or is for another system. */
const NOT_STARTED = new Set(['ENOENT', 'EACCES', 'ENOEXEC', 'EPERM']);

type Finished =
  | { readonly status: number | null; readonly output: string; readonly isLate: boolean }
  | { readonly why: string };

const DOING: Readonly<Record<Action, string>> = { get: 'getting', store: 'storing', erase: 'removing' };

function invalid(call: HelperCall, action: Action, why: string, hint: string, cause?: unknown): TsbuildError {
  const message = `error ${DOING[action]} credentials for ${call.server}: ${why}`;
  return new TsbuildError('CREDENTIALS_INVALID', message, { hint, cause });
}

function hintFor({ name, server, file }: HelperCall, action: Action): string {
  return action === 'get'
    ? `try: echo ${server} | docker-credential-${name} get`
    : `check docker-credential-${name}, or remove ${JSON.stringify(name)} from ${file} to keep credentials in the file`;
}

function run(call: HelperCall, action: Action, input: string): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${call.name}`, [action], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...call.env },
      ...(call.signal && { signal: call.signal }),
    });
    let isLate = false;
    // Node's own timer goes on after a program that could not be started, and with it the process.
    const timer = setTimeout(() => {
      isLate = true;
      giveUp();
    }, TIMEOUT_MS);
    let output = '';
    // A helper may have children that hold the pipe open after it has been killed: it is closed on this side.
    const giveUp = (): void => {
      child.stdout.destroy();
      child.kill('SIGKILL');
    };
    child.on('error', (error: Error & { code?: string }) => {
      clearTimeout(timer);
      giveUp();
      const { code = '' } = error;
      if (call.signal?.aborted) reject(new TsbuildError('ABORTED', 'canceled'));
      else if (NOT_STARTED.has(code))
        resolve({ why: code === 'ENOENT' ? 'executable file not found in $PATH' : 'it cannot be executed' });
      else
        reject(invalid(call, action, `docker-credential-${call.name} failed`, hintFor(call, action), error));
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > MAX_OUTPUT) giveUp();
    });
    // A helper may end without reading its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output, isLate });
    });
  });
}

function parseAnswer(call: HelperCall, output: string): HelperAnswer {
  const hint = hintFor(call, 'get');
  try {
    const parsed: unknown = JSON.parse(output);
    if (typeof parsed === 'object' && parsed !== null && 'Username' in parsed && 'Secret' in parsed) {
      const { Username: username, Secret: secret } = parsed;
      if (typeof username === 'string' && typeof secret === 'string')
        return { kind: 'found', username, secret };
    }
  } catch {
    // The cause would quote the output, which may hold the secret.
    throw invalid(call, 'get', `docker-credential-${call.name} did not answer with JSON`, hint);
  }
  throw invalid(call, 'get', `docker-credential-${call.name} answered without Username and Secret`, hint);
}

function failed(
  call: HelperCall,
  action: Action,
  { status, isLate }: Exclude<Finished, { readonly why: string }>,
): TsbuildError {
  const suffix = status === null ? '' : ` with status ${status}`;
  const how = isLate ? `has not ended after ${TIMEOUT_MS / 1000} s` : `failed${suffix}`;
  return invalid(call, action, `docker-credential-${call.name} ${how}`, hintFor(call, action));
}

function refuseName(call: HelperCall, action: Action): void {
  if (NAME.test(call.name)) return;
  const why = `${JSON.stringify(call.name)} cannot be the name of a credential helper`;
  throw invalid(call, action, why, `correct ${call.file}`);
}

/** @throws TsbuildError CREDENTIALS_INVALID when it fails or does not answer as helpers do, ABORTED */
export async function runCredentialHelper(call: HelperCall): Promise<HelperAnswer> {
  refuseName(call, 'get');
  const finished = await run(call, 'get', `${call.server}\n`);
  if ('why' in finished) return { kind: 'missing', why: finished.why };
  if (finished.status === 0) return parseAnswer(call, finished.output);
  if (ABSENT.test(finished.output)) return { kind: 'none' };
  throw failed(call, 'get', finished);
}

/** @throws TsbuildError CREDENTIALS_INVALID, ABORTED */
export async function storeInHelper(
  call: HelperCall,
  { username, secret }: { readonly username: string; readonly secret: string },
): Promise<void> {
  refuseName(call, 'store');
  const input = JSON.stringify({ ServerURL: call.server, Username: username, Secret: secret });
  await change(call, 'store', input);
}

/** What the helper does not have counts as removed. @throws TsbuildError CREDENTIALS_INVALID, ABORTED */
export async function eraseInHelper(call: HelperCall): Promise<void> {
  refuseName(call, 'erase');
  await change(call, 'erase', `${call.server}\n`);
}

async function change(call: HelperCall, action: 'store' | 'erase', input: string): Promise<void> {
  const finished = await run(call, action, input);
  if ('why' in finished) {
    const why = `exec: "docker-credential-${call.name}": ${finished.why}`;
    throw invalid(call, action, why, hintFor(call, action));
  }
  if (finished.status === 0 || (action === 'erase' && ABSENT.test(finished.output))) return;
  throw failed(call, action, finished);
}
