// `--device`, `--security-opt`, `--isolation`, `--sysctl`.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { ContainerRequest } from '../../index.js';

/** `SOURCE[:TARGET][:PERMISSIONS]`. @throws TsbuildError OPTION_INVALID */
export function parseDevice(text: string): NonNullable<ContainerRequest['devices']>[number] {
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

/**
 * As docker's client sends it: a profile of seccomp is the text of its file.
 * @throws TsbuildError OPTION_INVALID
 */
export function readSecurityOption(text: string, cwd: string): string {
  const [, profile] = /^seccomp[=:](.+)$/.exec(text) ?? [];
  if (profile === undefined || profile === 'unconfined' || profile === 'builtin') return text;
  try {
    return `seccomp=${JSON.stringify(JSON.parse(readFileSync(resolve(cwd, profile), 'utf8')))}`;
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'it is no JSON' : 'it cannot be read';
    throw new TsbuildError('OPTION_INVALID', `opening seccomp profile (${profile}) failed: ${why}`, {
      cause,
    });
  }
}

const RUNGS = ['auto', 'userns', 'userns-single', 'chroot'] as const;

/** `default` is docker's word for `auto`. @throws TsbuildError OPTION_INVALID */
export function parseIsolation(text: string | undefined): ContainerRequest['isolation'] {
  if (text === undefined || text === 'default') return undefined;
  const rung = RUNGS.find((known) => known === text);
  if (rung) return rung;
  throw invalid(`invalid isolation: ${text}`, `write --isolation ${RUNGS.join(', ')}`);
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
