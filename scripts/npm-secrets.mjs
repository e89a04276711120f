// node scripts/npm-secrets.mjs DIR: writes this machine's npm settings and CA bundle to DIR as build secrets (mode 0600)
// and prints the options that hand them to a build of fixtures/node-app:
//   tsbuild $(node scripts/npm-secrets.mjs /tmp/secrets) -t app:1 fixtures/node-app
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2];
if (!directory) {
  console.error('usage: node scripts/npm-secrets.mjs DIR');
  process.exit(2);
}

/** A setting as npm resolves it from its files and the environment. */
function npmSetting(name) {
  const value = execFileSync('npm', ['config', 'get', name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
  return value === 'null' || value === 'undefined' ? '' : value;
}

/** The user's settings without those that name files of this machine. */
function npmSettings() {
  const file = npmSetting('userconfig');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const portable = lines.filter(
    (line) => line.trim() && !/^\s*(cafile|nodedir|prefix|cache|userconfig)\s*=/.test(line),
  );
  return [...portable, `registry=${npmSetting('registry')}`, ''].join('\n');
}

mkdirSync(directory, { recursive: true, mode: 0o700 });
const npmrc = join(directory, 'npmrc');
writeFileSync(npmrc, npmSettings(), { mode: 0o600 });
const options = ['--secret', `id=npmrc,src=${npmrc}`];

const bundle = process.env.NODE_EXTRA_CA_CERTS || npmSetting('cafile');
if (bundle && existsSync(bundle)) {
  const ca = join(directory, 'ca.pem');
  writeFileSync(ca, readFileSync(bundle), { mode: 0o600 });
  options.push('--secret', `id=ca,src=${ca}`);
}
console.log(options.join(' '));
