// One remote and how to reach it: what all git commands of one fetch have in common.
import { TsbuildError } from '../../core/errors.js';
import { redactUrl } from '../../core/redact.js';
import { gitAccess, type GitAccess, type SecretOf } from './git-authorization.js';
import { runGit, type GitResult } from './run-git.js';

export interface GitSessionOptions {
  /** A URL, `user@host:path`, or with `allowFile` a `file://` URL. */
  readonly remote: string;
  /** An existing directory to work in. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** GIT_AUTH_TOKEN and GIT_AUTH_HEADER. */
  readonly secretOf?: SecretOf;
  readonly sshAuthSock?: string | undefined;
  /** Only for a path that the user named. */
  readonly allowFile?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface GitCommand {
  readonly args: readonly string[];
  readonly gitDir?: string;
  readonly workTree?: string;
  /** Commands that talk to the remote carry the credentials; others do not. */
  readonly needsAuth?: boolean;
}

export interface GitSession {
  readonly access: GitAccess;
  /** Standard output. @throws TsbuildError ADD_GIT with what git said, redacted */
  run(command: GitCommand): Promise<string>;
  /** The same, with failure as a value. */
  tryRun(command: GitCommand): Promise<GitResult>;
}

/** @throws TsbuildError ADD_GIT for a remote that git must not be given */
export function createGitSession(options: GitSessionOptions): GitSession {
  checkRemote(options);
  const access = gitAccess(options.remote, options.secretOf ?? (() => undefined));
  const { cwd, env, sshAuthSock, allowFile = false, signal } = options;
  const tryRun = ({ needsAuth = false, ...command }: GitCommand): Promise<GitResult> => {
    const config = needsAuth ? access.config : [];
    return runGit({ ...command, cwd, env, sshAuthSock, allowFile, signal, config, secrets: access.secrets });
  };
  return {
    access,
    tryRun,
    async run(command) {
      const result = await tryRun(command);
      if (result.exitCode === 0) return result.stdout;
      throw gitFailure(access.remote, command, result);
    },
  };
}

function checkRemote({ remote, allowFile = false }: GitSessionOptions): void {
  const isKnown = /^(https?|ssh|git):\/\/[^-/]|^[a-zA-Z0-9_][a-zA-Z0-9-_]*@[a-zA-Z0-9.]/.test(remote);
  const isFile = allowFile && remote.startsWith('file:///');
  const isHostSafe = !/^[a-z]+:\/\/([^/@]*@)?-/.test(remote);
  if ((isKnown || isFile) && isHostSafe && !/[\x00-\x1f\x7f]/.test(remote)) return;
  throw new TsbuildError('ADD_GIT', `${redactUrl(remote)} is not a git remote that can be used`, {
    hint: 'use https://, http://, ssh://, git:// or user@host:path',
  });
}

export function gitFailure(
  remote: string,
  { args }: GitCommand,
  { stderr, exitCode }: GitResult,
): TsbuildError {
  const isAuth =
    /could not read Username|Authentication failed|Permission denied|terminal prompts disabled|403/.test(
      stderr,
    );
  const message = `${redactUrl(remote)}: git ${args[0] ?? ''} failed with exit code ${exitCode}: ${stderr}`;
  return new TsbuildError('ADD_GIT', message, {
    hint: isAuth
      ? 'pass a token as the secret GIT_AUTH_TOKEN, or forward an ssh agent with --ssh default'
      : 'check the URL with git ls-remote; a private repository needs the secret GIT_AUTH_TOKEN',
  });
}
