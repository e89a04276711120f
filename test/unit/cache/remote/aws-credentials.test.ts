// Where the credentials for a bucket come from, and in which order.
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { awsCredentials, type GivenCredentials } from '../../../../src/cache/remote/aws/credentials.js';
import {
  fromContainer,
  fromMachine,
  fromWebIdentity,
} from '../../../../src/cache/remote/aws/credential-services.js';
import type { AwsCredentials } from '../../../../src/cache/remote/aws/credential-source.js';
import { parseIni, profileOf, readAwsProfile } from '../../../../src/cache/remote/aws/profile.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { bodyOfRequest, serveHttp } from '../../../support/http-server.js';
import { makeTransport } from '../../../support/registry-client.js';
import { tempDir } from '../../../support/temp-store.js';

const signal = new AbortController().signal;
const NOBODY = { AWS_EC2_METADATA_DISABLED: 'true' };
const NOW = 1_700_000_000;

interface FindOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly given?: GivenCredentials;
  readonly now?: () => number;
}

function finder(t: ExecutionContext, { env = {}, given = {}, now = () => NOW }: FindOptions) {
  const { transport } = makeTransport(t);
  const all = { ...NOBODY, HOME: '/nonexistent', ...env };
  const profile = readAwsProfile(all);
  return awsCredentials(given, { env: all, transport, now, region: 'eu-west-3', profile });
}

const find = (t: ExecutionContext, options: FindOptions): Promise<AwsCredentials> =>
  finder(t, options)(signal);

const ENV = { AWS_ACCESS_KEY_ID: 'of-env', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 'token' };

/** A home with both files. */
function homeWith(
  t: ExecutionContext,
  texts: { readonly config?: string; readonly credentials?: string },
): string {
  const home = tempDir(t);
  mkdirSync(join(home, '.aws'));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(home, '.aws', name), text);
  return home;
}

const CREDENTIALS =
  '[default]\naws_access_key_id = of-default\naws_secret_access_key=s\n[ci]\naws_access_key_id=of-ci\naws_secret_access_key=s\n';

test('options win over variables, variables over files', async (t) => {
  const HOME = homeWith(t, { credentials: CREDENTIALS });
  const given = { accessKeyId: 'of-options', secretAccessKey: 's' };
  t.is((await find(t, { given, env: { ...ENV, HOME } })).accessKeyId, 'of-options');
  t.deepEqual(await find(t, { env: { ...ENV, HOME } }), {
    accessKeyId: 'of-env',
    secretAccessKey: 's',
    sessionToken: 'token',
  });
  t.is((await find(t, { env: { HOME } })).accessKeyId, 'of-default');
  t.is((await find(t, { env: { HOME, AWS_PROFILE: 'ci' } })).accessKeyId, 'of-ci');
});

test('half of a pair of keys is said to be half', async (t) => {
  t.throws(() => finder(t, { given: { accessKeyId: 'a' } }), { code: 'OPTION_INVALID' });
  await t.throwsAsync(find(t, { env: { AWS_SECRET_ACCESS_KEY: 'very-secret' } }), {
    code: 'OPTION_INVALID',
    message: /^(?!.*very-secret)/,
  });
});

test('a profile that is named and not there is a mistake', (t) => {
  const HOME = homeWith(t, { credentials: CREDENTIALS });
  const error = t.throws(() => readAwsProfile({ HOME, AWS_PROFILE: 'gone' }), { code: 'OPTION_INVALID' });
  t.regex(error.message, /gone/);
});

test('a way to credentials that is not gone is named', async (t) => {
  const HOME = homeWith(t, { config: '[default]\nregion=eu-west-3\ncredential_process = /bin/get\n' });
  const error = await t.throwsAsync(find(t, { env: { HOME } }), {
    instanceOf: TsbuildError,
    code: 'REGISTRY_UNAUTHORIZED',
  });
  t.regex(error.hint ?? '', /credential_process.*aws configure export-credentials/);
});

test('without any the error says what to set', async (t) => {
  const error = await t.throwsAsync(find(t, {}), { instanceOf: TsbuildError, code: 'REGISTRY_UNAUTHORIZED' });
  t.regex(error.hint ?? '', /AWS_ACCESS_KEY_ID/);
});

test('sections of the config have a prefix, the credentials win', (t) => {
  const config =
    '[profile ci]\nregion = eu-west-3\naws_access_key_id = a\ns3 =\n  endpoint_url = http://nested\n';
  const credentials = '[ci]\naws_access_key_id = b\naws_secret_access_key = c=d\n';
  t.deepEqual(profileOf('ci', { config, credentials }), {
    accessKeyId: 'b',
    secretAccessKey: 'c=d',
    region: 'eu-west-3',
  });
  t.is(profileOf('other', { config, credentials }), undefined);
  t.is(profileOf('ci', { config: '', credentials: '' }), undefined);
});

test('what is written as ini is read', (t) => {
  const word = fc.stringMatching(/^[a-z][a-z_]{0,8}$/);
  const value = fc.stringMatching(/^[A-Za-z0-9/+=]{1,20}$/);
  fc.assert(
    fc.property(fc.dictionary(word, fc.dictionary(word, value)), (sections) => {
      const text = Object.entries(sections)
        .flatMap(([title, settings]) => [
          `[${title}]`,
          '# comment',
          ...Object.entries(settings).map(([name, one]) => `${name} = ${one}  `),
        ])
        .join('\r\n');
      const read = Object.fromEntries(
        [...parseIni(text)].map(([title, settings]) => [title, { ...settings }]),
      );
      t.deepEqual(read, Object.fromEntries(Object.entries(sections).map(([key, one]) => [key, { ...one }])));
    }),
  );
});

test('any text is read as some sections', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseIni(text)));
  t.is(parseIni('[__proto__]\n__proto__=1').size, 1);
});

const JSON_KEYS = {
  AccessKeyId: 'of-service',
  SecretAccessKey: 's',
  Token: 'session',
  Expiration: new Date((NOW + 3600) * 1000).toISOString(),
};

test('a container gives credentials for its token', async (t) => {
  const file = join(tempDir(t), 'token');
  writeFileSync(file, 'of the pod\n');
  const url = await serveHttp(t, (request, response) => {
    const isKnown = request.headers.authorization === 'of the pod';
    response.writeHead(isKnown ? 200 : 403).end(JSON.stringify(isKnown ? JSON_KEYS : {}));
  });
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  };
  t.deepEqual(await find(t, { env }), {
    accessKeyId: 'of-service',
    secretAccessKey: 's',
    sessionToken: 'session',
    expiresAt: (NOW + 3600) * 1000,
  });
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI } = env;
  await t.throwsAsync(find(t, { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI } }), {
    code: 'REGISTRY_UNAUTHORIZED',
  });
});

for (const uri of ['http://evil.example/v1', 'http://169.254.169.254/', 'file:///etc/passwd', 'no url'])
  test(`the token of a container does not go to ${uri}`, async (t) => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'secret' };
    await t.throwsAsync(find(t, { env }), { code: 'OPTION_INVALID' });
  });

test('a token of another identity becomes a role', async (t) => {
  const file = join(tempDir(t), 'jwt');
  writeFileSync(file, 'the-jwt');
  let asked = '';
  const url = await serveHttp(t, async (request: IncomingMessage, response) => {
    asked = (await bodyOfRequest(request)).toString();
    response.end(
      `<A><R><C><AccessKeyId>of-sts</AccessKeyId><SecretAccessKey>s&amp;t</SecretAccessKey><SessionToken>u</SessionToken><Expiration>${JSON_KEYS.Expiration}</Expiration></C></R></A>`,
    );
  });
  const env = {
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/ci',
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ENDPOINT_URL_STS: url,
  };
  const found = await find(t, { env });
  t.is(found.accessKeyId, 'of-sts');
  t.is(found.secretAccessKey, 's&t');
  const form = new URLSearchParams(asked);
  t.is(form.get('Action'), 'AssumeRoleWithWebIdentity');
  t.is(form.get('WebIdentityToken'), 'the-jwt');
});

test('a role that is refused names the role and not the token', async (t) => {
  const file = join(tempDir(t), 'jwt');
  writeFileSync(file, 'the-jwt');
  const url = await serveHttp(t, (_, response) => {
    response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>the-jwt</Message></Error>');
  });
  const env = {
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/ci',
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ENDPOINT_URL_STS: url,
  };
  const error = await t.throwsAsync(find(t, { env }), { code: 'REGISTRY_UNAUTHORIZED' });
  t.regex(error.message, /role\/ci.*AccessDenied/);
  t.notRegex(error.message, /the-jwt/);
});

test('a machine of EC2 gives those of its role; they are got anew before they expire', async (t) => {
  const asked: string[] = [];
  const url = await serveHttp(t, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const isToken = request.url === '/latest/api/token';
    if (!isToken && request.headers['x-aws-ec2-metadata-token'] !== 'imds')
      return void response.writeHead(401).end();
    if (isToken) return void response.end('imds');
    response.end(request.url?.endsWith('/') ? 'build-role\n' : JSON.stringify(JSON_KEYS));
  });
  let now = NOW;
  const env = { AWS_EC2_METADATA_DISABLED: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
  const credentials = finder(t, { env, now: () => now });
  t.is((await credentials(signal)).accessKeyId, 'of-service');
  await credentials(signal);
  t.deepEqual(asked, [
    'PUT /latest/api/token',
    'GET /latest/meta-data/iam/security-credentials/',
    'GET /latest/meta-data/iam/security-credentials/build-role',
  ]);
  now += 3500;
  await credentials(signal);
  t.is(asked.length, 6);
});

test('a machine that is not at AWS has no credentials', async (t) => {
  const silent = await serveHttp(t, () => undefined);
  const env = { AWS_EC2_METADATA_DISABLED: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: silent };
  await t.throwsAsync(find(t, { env }), { code: 'REGISTRY_UNAUTHORIZED' });
});

test('services that nobody configured are not asked', async (t) => {
  const { transport } = makeTransport(t);
  const tools = { env: NOBODY, transport, region: 'r', now: () => NOW, profile: undefined };
  for (const source of [fromContainer, fromWebIdentity, fromMachine])
    t.is(await source(tools, signal), undefined);
});
