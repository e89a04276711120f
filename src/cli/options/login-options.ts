// The options of `login` and `logout`, and those of every command that talks to registries.
import { flag, list, value, type CommandName, type OptionSpec } from '../option-spec.js';

/** Commands that talk to registries. */
const TALKING: readonly CommandName[] = [
  'build',
  'bake',
  'pull',
  'push',
  'tree',
  'diff',
  'manifest create',
  'manifest inspect',
  'login',
];

export const LOGIN_OPTIONS = [
  value('username', 'USER', 'User name', {
    alias: 'u',
    group: 'Options',
    use: 'cli',
    commands: ['login'],
    example: 'me',
  }),
  flag('password-stdin', 'Read the password or access token from standard input', {
    group: 'Options',
    use: 'cli',
    commands: ['login'],
  }),
  value('password', 'PASSWORD', 'Password; other users of this machine can see it, use --password-stdin', {
    alias: 'p',
    group: 'Options',
    use: 'cli',
    commands: ['login'],
  }),
  flag('all', 'Log out of every registry that the file has an entry for', {
    alias: 'a',
    group: 'Options',
    use: 'cli',
    commands: ['logout'],
  }),
  value('authfile', 'FILE', "File of credentials; default docker's and podman's own", {
    group: 'Options',
    use: 'cli',
    commands: [...TALKING, 'logout'],
    env: 'REGISTRY_AUTH_FILE',
    example: 'auth.json',
  }),
  list('ca-cert', 'FILE', 'Authorities to trust too, as PEM: of registries and sources, and inside RUN', {
    group: 'Options',
    use: 'caCertificates',
    commands: TALKING,
    env: 'TSBUILD_CA_CERT',
    example: 'corporate-ca.pem',
  }),
] as const satisfies readonly OptionSpec[];
