// `--device`, `--security-opt`, `--userns`, `--sysctl`.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseGoBool } from '../../core/go-bool.js';
import { TsbuildError } from '../../core/errors.js';
import type { DeviceRequest, SecurityRequest, UsernsRequest } from '../../index.js';

/** `SOURCE[:TARGET][:PERMISSIONS]`. @throws TsbuildError OPTION_INVALID */
export function parseDevice(text: string): DeviceRequest {
  const parts = text.split(':');
  const [source = '', second, third] = parts;
  if (parts.length > 3 || !source.startsWith('/'))
    throw invalid(`bad format for path: ${text}`, 'write --device /dev/fuse or --device /dev/a:/dev/b:rw');
  const isMode = second !== undefined && third === undefined && isPermissions(second);
  const container = second === undefined || isMode || second === '' ? source : second;
  const permissions = third ?? (isMode ? second : 'rwm');
  if (!container.startsWith('/')) throw invalid(`bad format for path: ${text}`);
  if (!isPermissions(permissions)) throw invalid(`bad mode specified: ${permissions}`, 'use letters of rwm');
  return { host: source, container, access: permissions };
}

function isPermissions(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}

/** A profile of seccomp is read from its file. @throws TsbuildError OPTION_INVALID */
export function parseSecurity(texts: readonly string[], cwd: string): SecurityRequest {
  const none: SecurityRequest = { noNewPrivileges: false, isSystemUnconfined: false };
  return texts.reduce((security, text) => ({ ...security, ...securityOf(text, cwd) }), none);
}

function securityOf(text: string, cwd: string): Partial<SecurityRequest> {
  const [, key = text, value] = /^([^=:]+)[=:](.*)$/s.exec(text) ?? [];
  switch (key) {
    case 'no-new-privileges':
      return { noNewPrivileges: flagOf(value ?? 'true', text) };
    case 'systempaths':
      if (value === 'unconfined') return { isSystemUnconfined: true };
      break;
    case 'seccomp':
      if (value) return seccompOf(value, cwd);
      break;
    // They name what only the security modules of a host know.
    case 'apparmor':
    case 'label':
    case 'writable-cgroups':
      return {};
  }
  throw invalid(
    `invalid --security-opt: ${JSON.stringify(text)}`,
    'the options are no-new-privileges, seccomp=unconfined|FILE, systempaths=unconfined, apparmor=, label=',
  );
}

function seccompOf(value: string, cwd: string): Partial<SecurityRequest> {
  if (value === 'unconfined') return { seccomp: value };
  if (value === 'builtin') return {};
  try {
    return { seccomp: JSON.stringify(JSON.parse(readFileSync(resolve(cwd, value), 'utf8'))) };
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'it is no JSON' : 'it cannot be read';
    throw new TsbuildError('OPTION_INVALID', `opening seccomp profile (${value}) failed: ${why}`, { cause });
  }
}

function flagOf(value: string, text: string): boolean {
  const parsed = parseGoBool(value);
  if (parsed === undefined) throw invalid(`invalid --security-opt: ${JSON.stringify(text)}`);
  return parsed;
}

/** `host`, `keep-id[:uid=N,gid=N]`; empty is the default. @throws TsbuildError OPTION_INVALID */
export function parseUserns(text: string): UsernsRequest {
  if (text === '') return { kind: 'default' };
  if (text === 'host') return { kind: 'host' };
  const [, options] = /^keep-id(?::(.+))?$/.exec(text) ?? [undefined, null];
  if (options === null)
    throw invalid(`invalid --userns: ${text}`, 'write --userns host, keep-id or keep-id:uid=1000,gid=1000');
  const ids = (options ?? '')
    .split(',')
    .filter(Boolean)
    .map((option) => idOf(option, text));
  return { kind: 'keep-id', ...Object.fromEntries(ids) };
}

function idOf(option: string, text: string): readonly [string, number] {
  const [, key, digits] = /^(uid|gid)=(\d{1,10})$/.exec(option) ?? [];
  if (key === undefined) throw invalid(`invalid --userns: ${text}`, 'write keep-id:uid=1000,gid=1000');
  return [key, Number(digits)];
}

/** Those that a namespace of a container has for itself. */
const SYSCTLS = /^(net\..+|fs\.mqueue\..+|kernel\.(shm.+|msg.+|sem|domainname))$/;

/** @throws TsbuildError OPTION_INVALID for a setting of the whole machine */
export function parseSysctl(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals));
  if (equals > 0 && SYSCTLS.test(name)) return [name, text.slice(equals + 1)];
  throw invalid(
    `sysctl '${equals < 0 ? text : name}' is not allowed`,
    'write --sysctl net.NAME=VALUE, fs.mqueue.NAME=VALUE or kernel.shmNAME=VALUE',
  );
}

function invalid(message: string, hint?: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message, { hint });
}
