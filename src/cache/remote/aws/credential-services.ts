// Credentials from services: of the container (ECS, EKS), for a token of another identity (STS), of the machine (EC2).
// Each speaks plain JSON or XML over one or two requests. Invariant: tokens go to the hosts that AWS names for them and
// to no other.
import { isIP } from 'node:net';
import { TsbuildError } from '../../../core/errors.js';
import { signalAfter } from '../../../host/time-limit.js';
import { redactUrl } from '../../../core/redact.js';
import { readSmallFile } from '../../../host/read-small-file.js';
import type { DocumentResponse, TransportRequest } from '../../../registry/transport.js';
import { xmlText } from './xml-text.js';
import type { AwsCredentials, CredentialSource, CredentialTools } from './credential-source.js';

const MAX_BYTES = 256 * 1024;
/** A machine that is not at AWS has nobody at this address. */
const MACHINE_TIMEOUT_SECONDS = 1;
const CONTAINER_HOST = 'http://169.254.170.2';
/** Hosts of the container's own network that may be spoken to without TLS (AWS SDKs, endpoint credential provider). */
const CONTAINER_HOSTS: ReadonlySet<string> = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]']);
const MACHINE_HOST = 'http://169.254.169.254';

/** AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI. */
export const fromContainer: CredentialSource = async (tools, signal) => {
  const { env } = tools;
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const full = env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (!relative && !full) return undefined;
  const url = relative ? new URL(relative, CONTAINER_HOST).href : allowedContainerUrl(full ?? '');
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file ? readToken(file) : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const headers = token ? { authorization: token } : {};
  const answer = await ask(tools, url, { headers, signal });
  return fromJson(answer, 'the credentials of the container');
};

function allowedContainerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const { protocol = '', hostname = '' } = url ?? {};
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
  const isAllowed =
    protocol === 'https:' || (protocol === 'http:' && (isLoopback || CONTAINER_HOSTS.has(hostname)));
  if (url && isAllowed) return url.href;
  throw new TsbuildError(
    'OPTION_INVALID',
    `AWS_CONTAINER_CREDENTIALS_FULL_URI leads to ${redactUrl(text)}: refused`,
    { hint: 'it has to be https, or a host of this machine' },
  );
}

/** AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, or those of the profile: what GitHub and EKS give. */
export const fromWebIdentity: CredentialSource = async (tools, signal) => {
  const { env, profile, region, now } = tools;
  const file = env['AWS_WEB_IDENTITY_TOKEN_FILE'] || profile?.webIdentityTokenFile;
  const role = env['AWS_ROLE_ARN'] || profile?.roleArn;
  if (!file || !role) return undefined;
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: env['AWS_ROLE_SESSION_NAME'] || `tsbuild-${Math.trunc(now())}`,
    WebIdentityToken: readToken(file),
  });
  const china = region.startsWith('cn-') ? '.cn' : '';
  const url = env['AWS_ENDPOINT_URL_STS'] || `https://sts.${region}.amazonaws.com${china}/`;
  const answer = await ask(tools, url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    isRepeatable: true,
    signal,
  });
  const xml = answer.bytes.toString('utf8');
  if (answer.status !== 200) throw refused(`role ${role}`, answer.status, xmlText(xml, 'Code'));
  return credentialsOf(
    {
      AccessKeyId: xmlText(xml, 'AccessKeyId'),
      SecretAccessKey: xmlText(xml, 'SecretAccessKey'),
      Token: xmlText(xml, 'SessionToken'),
      Expiration: xmlText(xml, 'Expiration'),
    },
    `role ${role}`,
  );
};

/** The role of an EC2 machine, by version 2 of its metadata service. Nobody there means no credentials. */
export const fromMachine: CredentialSource = async (tools, signal) => {
  const { env } = tools;
  if (/^true$/i.test(env['AWS_EC2_METADATA_DISABLED'] ?? '')) return undefined;
  const base = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || MACHINE_HOST).replace(/\/*$/, '');
  const token = await askShortly(tools, `${base}/latest/api/token`, signal, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' },
  });
  if (token?.status !== 200) return undefined;
  const headers = { 'x-aws-ec2-metadata-token': token.bytes.toString('latin1').trim() };
  const roles = `${base}/latest/meta-data/iam/security-credentials/`;
  const list = await askShortly(tools, roles, signal, { headers });
  const role = list?.status === 200 ? list.bytes.toString('utf8').split('\n')[0]?.trim() : undefined;
  if (!role) return undefined;
  const answer = await askShortly(tools, roles + encodeURIComponent(role), signal, { headers });
  return answer && fromJson(answer, `the role ${role} of this machine`);
};

function ask(
  { transport }: CredentialTools,
  url: string,
  request: TransportRequest,
): Promise<DocumentResponse> {
  return transport.fetchDocument(url, { attempts: 3, ...request, maxBytes: MAX_BYTES });
}

/** Undefined when nobody answers in time. */
async function askShortly(
  tools: CredentialTools,
  url: string,
  signal: AbortSignal,
  request: TransportRequest,
): Promise<DocumentResponse | undefined> {
  const limit = signalAfter(MACHINE_TIMEOUT_SECONDS, signal);
  try {
    return await ask(tools, url, { ...request, attempts: 1, signal: limit.signal });
  } catch (error) {
    if (signal.aborted || !(error instanceof TsbuildError)) throw error;
    return undefined;
  } finally {
    limit.clear();
  }
}

function readToken(path: string): string {
  const bytes = readSmallFile({ path, name: path, maxBytes: MAX_BYTES });
  if (bytes) return bytes.toString('utf8').trim();
  throw new TsbuildError('OPTION_INVALID', `the token of AWS cannot be read: ${path}: no such file`);
}

function fromJson({ status, bytes }: DocumentResponse, what: string): AwsCredentials {
  if (status !== 200) throw refused(what, status, undefined);
  try {
    const fields: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof fields === 'object' && fields !== null) return credentialsOf(fields, what);
  } catch (error) {
    // The parser's message repeats what it read.
    if (error instanceof TsbuildError) throw error;
  }
  throw unusable(what);
}

interface CredentialFields {
  readonly AccessKeyId?: unknown;
  readonly SecretAccessKey?: unknown;
  readonly Token?: unknown;
  readonly Expiration?: unknown;
}

function credentialsOf(fields: CredentialFields, what: string): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = fields;
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') throw unusable(what);
  const expiresAt = typeof Expiration === 'string' ? Date.parse(Expiration) : NaN;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(typeof Token === 'string' && Token !== '' ? { sessionToken: Token } : {}),
    ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
  };
}

function unusable(what: string): TsbuildError {
  return new TsbuildError('REGISTRY_UNAUTHORIZED', `${what}: the answer has no AWS credentials`);
}

function refused(what: string, status: number, code: string | undefined): TsbuildError {
  return new TsbuildError(
    'REGISTRY_UNAUTHORIZED',
    `${what} gives no AWS credentials: ${code ?? `status ${status}`}`,
    { hint: 'check the role and who may assume it' },
  );
}
