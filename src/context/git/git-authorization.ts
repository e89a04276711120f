// Credentials of a repository: from the build's secrets or from the URL, as a header that only git's environment
// carries.

export type SecretOf = (id: string) => string | undefined;

export interface GitAccess {
  /** The remote without user info for http(s), fit for arguments and messages. */
  readonly remote: string;
  readonly config: readonly (readonly [key: string, value: string])[];
  /** Texts that must not be shown. */
  readonly secrets: readonly string[];
}

/**
 * `GIT_AUTH_HEADER.<host>`, `GIT_AUTH_TOKEN.<host>`, `GIT_AUTH_HEADER`, `GIT_AUTH_TOKEN`, the first that exists, else
 * the user info of the URL. A token is sent as BuildKit sends it: basic, user `x-access-token`. Nothing for other
 * protocols than http(s).
 */
export function gitAccess(remote: string, secretOf: SecretOf): GitAccess {
  const url = /^https?:\/\//i.test(remote) && URL.canParse(remote) ? new URL(remote) : undefined;
  if (!url) return { remote: withoutPassword(remote), config: [], secrets: [] };
  const user = decode(url.username);
  const password = decode(url.password);
  url.username = '';
  url.password = '';
  const fromUrl =
    user === '' && password === ''
      ? undefined
      : { value: basic(`${user}:${password}`), secret: password || user };
  const header = secretHeader(url.host, secretOf) ?? fromUrl;
  const config: [string, string][] = header
    ? [[`http.${scopeOf(url.href)}.extraheader`, `Authorization: ${header.value}`]]
    : [];
  return { remote: url.href, config, secrets: [...(header ? [header.value, header.secret] : []), password] };
}

/** ssh takes no password from a URL; arguments can be seen by every user of the machine. */
function withoutPassword(remote: string): string {
  return remote.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1@');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign stands for itself.
    return text;
  }
}

interface Header {
  readonly value: string;
  readonly secret: string;
}

function secretHeader(host: string, secretOf: SecretOf): Header | undefined {
  for (const suffix of [`.${host}`, '']) {
    const header = secretOf(`GIT_AUTH_HEADER${suffix}`)?.trim();
    if (header !== undefined) return { value: header, secret: header };
    const token = secretOf(`GIT_AUTH_TOKEN${suffix}`)?.trim();
    if (token !== undefined) return { value: basic(`x-access-token:${token}`), secret: token };
  }
  return undefined;
}

function basic(userInfo: string): string {
  return `basic ${Buffer.from(userInfo, 'utf8').toString('base64')}`;
}

/**
 * The header goes to this remote only; on github.com to all repositories, so that submodules work, as BuildKit does.
 */
function scopeOf(remote: string): string {
  return (
    ['https://github.com/', 'https://www.github.com/'].find((prefix) => remote.startsWith(prefix)) ?? remote
  );
}
