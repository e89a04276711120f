// Environment lists as images keep them: `K=V` strings in an order that matters.

export function splitVariable(text: string): [key: string, value: string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** As Config.Env changes: a known key is replaced where it stands. */
export function setInPlace(env: readonly string[], key: string, value: string): string[] {
  const at = env.findIndex((variable) => splitVariable(variable)[0] === key);
  const variable = `${key}=${value}`;
  return at < 0 ? [...env, variable] : env.with(at, variable);
}

/** As the environment of a RUN changes (BuildKit's llb.EnvList): a key that is set again moves to the end. */
export function setAtEnd(env: readonly string[], key: string, value: string): string[] {
  return [...env.filter((variable) => splitVariable(variable)[0] !== key), `${key}=${value}`];
}

export function lookup(env: readonly string[], key: string): string | undefined {
  const variable = env.find((v) => splitVariable(v)[0] === key);
  return variable === undefined ? undefined : splitVariable(variable)[1];
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
