// The files that AWS's tools share: ~/.aws/config and ~/.aws/credentials, and one profile of them.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TsbuildError } from '../../../core/errors.js';
import { readSmallFile } from '../../../host/read-small-file.js';

export interface AwsProfile {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly roleArn?: string;
  readonly webIdentityTokenFile?: string;
  /** A way to credentials that is not gone here: `credential_process`. */
  readonly unread?: string;
}

const MAX_BYTES = 1 << 20;
const NOT_READ: readonly string[] = [
  'credential_process',
  'sso_session',
  'sso_start_url',
  'source_profile',
  'credential_source',
  'login_session',
];

/** Settings by section, as they stand. A later line wins; lines that are indented belong to nested settings. */
export function parseIni(text: string): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, title] = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line) ?? [];
    const [, name, value] = /^([^\s#;=[][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (title !== undefined) {
      section = sections.get(title) ?? Object.create(null);
      sections.set(title, section);
    } else if (name !== undefined && value !== undefined) section[name.toLowerCase()] = value;
  }
  return sections;
}

/** @param texts of the two files; the one of the credentials wins */
export function profileOf(
  name: string,
  texts: { readonly config: string; readonly credentials: string },
): AwsProfile | undefined {
  const config = parseIni(texts.config);
  const ofConfig = config.get(`profile ${name}`) ?? (name === 'default' ? config.get(name) : undefined);
  const ofCredentials = parseIni(texts.credentials).get(name);
  if (!ofConfig && !ofCredentials) return undefined;
  const all: Readonly<Record<string, string>> = { ...ofConfig, ...ofCredentials };
  const unread = NOT_READ.find((setting) => all[setting]);
  const members = {
    accessKeyId: all['aws_access_key_id'],
    secretAccessKey: all['aws_secret_access_key'],
    sessionToken: all['aws_session_token'],
    region: all['region'],
    endpointUrl: all['endpoint_url'],
    roleArn: all['role_arn'],
    webIdentityTokenFile: all['web_identity_token_file'],
    unread,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value)) as AwsProfile;
}

/**
 * The profile of AWS_PROFILE, else `default`; undefined when nobody named one and there is none.
 * @throws TsbuildError OPTION_INVALID when the named one is not there; CONTEXT_UNREADABLE
 */
export function readAwsProfile(env: NodeJS.ProcessEnv): AwsProfile | undefined {
  const folder = join(env['HOME'] || homedir(), '.aws');
  const named = env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'];
  const paths = {
    config: env['AWS_CONFIG_FILE'] || join(folder, 'config'),
    credentials: env['AWS_SHARED_CREDENTIALS_FILE'] || join(folder, 'credentials'),
  };
  const read = (path: string): string =>
    readSmallFile({ path, name: path, maxBytes: MAX_BYTES })?.toString('utf8') ?? '';
  const profile = profileOf(named || 'default', {
    config: read(paths.config),
    credentials: read(paths.credentials),
  });
  if (!profile && named)
    throw new TsbuildError('OPTION_INVALID', `the AWS profile ${named} is in no file`, {
      hint: `write it into ${paths.config} or ${paths.credentials}, or correct AWS_PROFILE`,
    });
  return profile;
}
