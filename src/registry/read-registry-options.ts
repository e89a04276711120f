// Where registries are, from everything that says so: the variables of tsbuild, then podman's registries.conf, then
// docker's daemon.json. Read when a registry is first asked.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { parseDaemonConfig, type DaemonConfig } from './daemon-config.js';
import { parseRegistriesConf, type RegistriesConf } from './registries-conf.js';
import { parseRegistryOptions, type RegistryOptions } from './registry-options.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined when it is not there, or not this user's to read. */
async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw new TsbuildError('OPTION_INVALID', `cannot read ${file}`, { cause: error });
  }
}

async function confFilesIn(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.conf'));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return [];
    throw new TsbuildError('OPTION_INVALID', `cannot read ${folder}`, { cause: error });
  }
}

async function parsedConf(file: string): Promise<RegistriesConf | undefined> {
  const text = await readOptional(file);
  return text === undefined ? undefined : parseRegistriesConf(file, text);
}

/**
 * The user's file in the place of the system's, then the files of both registries.conf.d folders: a later rule takes
 * the place of one with the same prefix.
 */
async function readRegistriesConf(env: Environment, etc: string): Promise<RegistriesConf> {
  const home = env['HOME'] ? join(env['HOME'], '.config', 'containers') : undefined;
  const system = join(etc, 'containers');
  const named = env['CONTAINERS_REGISTRIES_CONF'];
  const candidates = named
    ? [named]
    : [...(home ? [home] : []), system].map((at) => join(at, 'registries.conf'));
  const folders = [system, ...(home ? [home] : [])].map((at) => join(at, 'registries.conf.d'));
  const [firsts, additions] = await Promise.all([
    Promise.all(candidates.map(parsedConf)),
    Promise.all(folders.map(async (folder) => Promise.all((await confFilesIn(folder)).map(parsedConf)))),
  ]);
  const first = firsts.find((conf) => conf !== undefined);
  if (named && first === undefined) {
    throw new TsbuildError('OPTION_INVALID', `cannot read ${named}`, {
      hint: 'CONTAINERS_REGISTRIES_CONF names it',
    });
  }
  const parts = [first, ...additions.flat()].filter((conf) => conf !== undefined);
  const rules = new Map(parts.flatMap((conf) => conf.rules).map((rule) => [rule.prefix, rule]));
  return {
    rules: [...rules.values()],
    insecureHosts: parts.flatMap((conf) => conf.insecureHosts),
  };
}

/** Of a rootless daemon, else of the system's. */
async function readDaemonConfig(env: Environment, etc: string): Promise<DaemonConfig> {
  const configHome = env['XDG_CONFIG_HOME'] || (env['HOME'] ? join(env['HOME'], '.config') : undefined);
  const files = [
    ...(configHome ? [join(configHome, 'docker', 'daemon.json')] : []),
    join(etc, 'docker', 'daemon.json'),
  ];
  for (const file of files) {
    const text = await readOptional(file);
    if (text !== undefined) return parseDaemonConfig(file, text);
  }
  return { mirrors: [], insecureHosts: [] };
}

/** @throws TsbuildError OPTION_INVALID naming the variable and the item, or the file and the line */
export async function readRegistryOptions(env: Environment, etc = '/etc'): Promise<RegistryOptions> {
  const [conf, daemon] = await Promise.all([readRegistriesConf(env, etc), readDaemonConfig(env, etc)]);
  const given = parseRegistryOptions(env, [...conf.insecureHosts, ...daemon.insecureHosts]);
  return { ...given, rules: conf.rules, lastMirrors: daemon.mirrors };
}
