// The environment of a container's first process (moby container/container_unix.go CreateDaemonEnvironment,
// container/env.go ReplaceOrAppendEnvVars). Pure.

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ProcessEnvFacts {
  /** `NAME=VALUE`, or `NAME` alone for a variable that is removed. */
  readonly env: readonly string[];
  readonly hostname: string;
  readonly hasTerminal: boolean;
  /** Of the user's row in the passwd file of the image. */
  readonly home: string;
}

/** `NAME=VALUE`, each name once. A later value takes the place of an earlier one. */
export function processEnv({ env, hostname, hasTerminal, home }: ProcessEnvFacts): readonly string[] {
  const values = new Map<string, string>([
    ['PATH', DEFAULT_PATH],
    ['HOSTNAME', hostname],
    ...(hasTerminal ? ([['TERM', 'xterm']] as const) : []),
  ]);
  applyEnv(values, env);
  if (!values.has('HOME')) values.set('HOME', home);
  return [...values].map(([name, value]) => `${name}=${value}`);
}

/** The environment of a further process: that of the container, and over it what is asked for this one. */
export function execEnv({
  env,
  asked,
  ...facts
}: ProcessEnvFacts & { readonly asked: readonly string[] }): readonly string[] {
  return processEnv({ ...facts, env: [...env, ...asked] });
}

function applyEnv(values: Map<string, string>, env: readonly string[]): void {
  for (const variable of env) {
    const equals = variable.indexOf('=');
    if (equals < 0) values.delete(variable);
    else values.set(variable.slice(0, equals), variable.slice(equals + 1));
  }
}
