// User info of a URL: node-fetch refuses it; curl and Go send it as Basic authorization.

export interface SplitUrl {
  readonly url: URL;
  readonly authorization: Readonly<Record<string, string>>;
}

/** The URL without its user info, and the header that stands for it. */
export function splitUserInfo(url: URL): SplitUrl {
  if (url.username === '' && url.password === '') return { url, authorization: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return { url: plain, authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}
