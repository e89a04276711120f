import test from 'ava';
import type { ErrorCode } from '../../../src/core/errors.js';
import { loginHint, toStatusFailure, type FailureSubject } from '../../../src/registry/status-failure.js';

const PULL: FailureSubject = { what: 'r.example/a/b:1', registry: 'r.example' };
const PUSH: FailureSubject = { ...PULL, access: 'push' };
const LOGIN = { from: '/home/u/.docker/config.json', username: 'me\u001b[31m', password: 'geheim' };

interface Answered {
  readonly status: number;
  readonly body?: string | object;
  readonly challenge?: string;
  readonly method?: string;
}

function failure(subject: FailureSubject, { status, body = '', challenge, method = 'PUT' }: Answered) {
  return toStatusFailure(
    {
      method,
      status,
      url: 'https://r.example/v2/a/b/manifests/1?state=geheim',
      headers: { get: (name) => (name === 'www-authenticate' ? (challenge ?? null) : null) },
      bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    },
    subject,
  );
}

const said = (code: string, message: string) => ({ errors: [{ code, message }] });

for (const [what, subject, answered, code, message, hint] of [
  [
    'a pull without rights',
    PULL,
    { status: 401, body: said('UNAUTHORIZED', 'authentication required') },
    'REGISTRY_UNAUTHORIZED',
    /^pull access denied, repository does not exist or may require authorization: server message: unauthorized: authentication required$/,
    /^log in with "tsbuild login r\.example", or check the name$/,
  ],
  [
    'a push without rights and credentials',
    PUSH,
    { status: 401, challenge: 'Bearer realm="x",error="insufficient_scope"' },
    'REGISTRY_UNAUTHORIZED',
    /^push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed$/,
    /^log in with "tsbuild login r\.example", or check the name$/,
  ],
  [
    'a push with credentials that may not',
    { ...PUSH, login: LOGIN },
    { status: 403, body: said('DENIED', 'requested access is denied') },
    'REGISTRY_UNAUTHORIZED',
    /^push access denied to r\.example\/a\/b:1: the credentials of \/home\/u\/\.docker\/config\.json \(user me \[31m\) lack push: server message: denied: requested access is denied$/,
    /^the credentials of .* were used: log in with "tsbuild login r\.example" as another user, or check the name$/,
  ],
  [
    'a push to a repository that is not there',
    PUSH,
    { status: 404, body: said('NAME_UNKNOWN', 'no such repository') },
    'REGISTRY_NOT_FOUND',
    /^r\.example\/a\/b:1: the repository does not exist: name_unknown: no such repository$/,
    /create the repository at r\.example/,
  ],
  [
    'a pull of nothing',
    PULL,
    { status: 404 },
    'REGISTRY_NOT_FOUND',
    /:1: not found$/,
    /check the name and the tag/,
  ],
  [
    'too much at once',
    PUSH,
    { status: 413, body: '<html>' },
    'REGISTRY_REFUSED',
    /413 Payload Too Large$/,
    /TSBUILD_PUSH_CHUNK/,
  ],
  [
    'a quota of Harbor',
    PUSH,
    { status: 403, body: said('DENIED', 'Quota exceeded when processing the request of adding 1 MiB') },
    'REGISTRY_REFUSED',
    /denied: Quota exceeded/,
    /delete images at r\.example, or have its quota raised/,
  ],
  [
    'an immutable tag of ECR',
    PUSH,
    {
      status: 400,
      body: said(
        'TAG_INVALID',
        "The image tag '1' already exists and cannot be overwritten because the repository is immutable.",
      ),
    },
    'REGISTRY_REFUSED',
    /tag_invalid: The image tag/,
    /push to another tag/,
  ],
  [
    'an immutable tag of Harbor',
    PUSH,
    {
      status: 412,
      body: said('PRECONDITION', "Failed to process request due to 'b:1' configured as immutable."),
    },
    'REGISTRY_REFUSED',
    /configured as immutable/,
    /push to another tag/,
  ],
  [
    'a manifest that is not taken',
    PUSH,
    { status: 400, body: said('MANIFEST_INVALID', 'unknown media type') },
    'REGISTRY_REFUSED',
    /manifest_invalid: unknown media type$/,
    undefined,
  ],
  [
    'a range that is not taken',
    PUSH,
    { status: 416 },
    'REGISTRY_REFUSED',
    /416 Range Not Satisfiable$/,
    undefined,
  ],
  [
    'a rate limit of pulls',
    PULL,
    { status: 429 },
    'REGISTRY_UNREACHABLE',
    /429/,
    /how much may be pulled: log in or wait, or name a mirror/,
  ],
  [
    'a rate limit of pushes',
    PUSH,
    { status: 429 },
    'REGISTRY_UNREACHABLE',
    /429/,
    /how much may be pushed: log in or wait$/,
  ],
  [
    'a failing registry',
    PUSH,
    { status: 503 },
    'REGISTRY_UNREACHABLE',
    /503/,
    /fails at the moment: try again$/,
  ],
  ['a bad request of a pull', PULL, { status: 400 }, 'REGISTRY_PROTOCOL', /400 Bad Request$/, undefined],
  [
    'plain http to a port of TLS',
    PULL,
    { status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' },
    'REGISTRY_PROTOCOL',
    /400 Bad Request$/,
    /r\.example speaks https, and was spoken to in plain http/,
  ],
] as readonly (readonly [string, FailureSubject, Answered, ErrorCode, RegExp, RegExp | undefined])[]) {
  test(`${what} is told in words`, (t) => {
    const error = failure(subject, answered);
    t.is(error.code, code);
    t.regex(error.message, message);
    if (hint === undefined) t.is(error.hint, undefined);
    else t.regex(error.hint ?? '', hint);
    t.false(`${error.message} ${error.hint}`.includes('geheim'));
  });
}

test('the hint to log in names the registry, but not that of Docker', (t) => {
  t.is(loginHint('docker.io'), 'log in with "tsbuild login", or check the name');
  t.is(loginHint('r.example:5000'), 'log in with "tsbuild login r.example:5000", or check the name');
});
