// Ways of an archive to a directory outside, and what can be done once there: every pair of a route and a verb is an
// attack.
import type { EvilEntry } from './evil-tars.js';

export interface EscapeRoute {
  readonly ids: string;
  readonly title: string;
  /** Entries that lay the way to the directory `out`. */
  lay(out: string): readonly EvilEntry[];
  /** The name in the archive that means `out` if the way works. */
  through(out: string): string;
}

export interface EscapeVerb {
  readonly title: string;
  /** Only layers have deletions. */
  readonly isDeletion?: boolean;
  act(through: string): readonly EvilEntry[];
}

const UP = '../../../../../../../../..';
const link = (name: string, target: string): EvilEntry => ({ name, type: 'symlink', link: target });
const dir = (name: string): EvilEntry => ({ name, type: 'dir' });
const at = (name: string) => () => name;

export const ESCAPE_ROUTES: readonly EscapeRoute[] = [
  {
    ids: 'CVE-2026-17106, CVE-2020-10696',
    title: 'an absolute link',
    lay: (out) => [link('d', out)],
    through: at('d'),
  },
  {
    ids: 'CVE-2026-23745, CVE-2026-42574',
    title: 'a link of dots',
    lay: (out) => [link('d', `${UP}${out}`)],
    through: at('d'),
  },
  {
    ids: 'CVE-2026-26960',
    title: 'a chain of links',
    lay: (out) => [link('a', 'b'), link('b', 'c'), link('c', out)],
    through: at('a'),
  },
  {
    ids: 'CVE-2026-24842',
    title: 'a chain of links that only climbs together',
    lay: (out) => [
      dir('a'),
      dir('a/b'),
      dir('a/b/c'),
      link('a/b/c/up', '../..'),
      link('a/b/escape', `c/up/../${UP}${out}`),
    ],
    through: at('a/b/escape'),
  },
  {
    ids: 'CVE-2021-32803',
    title: 'a link to above and a long name below it',
    lay: () => [dir('x'), link('x/y', UP)],
    through: (out) => `x/y${out}`,
  },
  {
    ids: 'CVE-2021-37701, CVE-2021-37712',
    title: 'a directory that becomes a link',
    lay: (out) => [dir('d'), { name: 'd/first', content: '1' }, link('d', out)],
    through: at('d'),
  },
  {
    ids: 'CVE-2021-37713',
    title: 'a link that becomes a directory and a link again',
    lay: (out) => [link('d', out), dir('d'), dir('d/folder'), link('d', out)],
    through: at('d'),
  },
  { ids: 'CVE-2021-32804', title: 'an absolute name', lay: () => [], through: (out) => `//${out}` },
  { ids: 'CVE-2026-28406', title: 'a name of dots', lay: () => [], through: (out) => `${UP}${out}` },
  {
    ids: 'CVE-2024-12905, CVE-2025-48387',
    title: 'a name of dots that begins inside',
    lay: () => [dir('in')],
    through: (out) => `in/../${UP}${out}`,
  },
  {
    ids: 'CVE-2025-59343',
    title: 'a link through /proc/self/root',
    lay: (out) => [link('d', `/proc/self/root${out}`)],
    through: at('d'),
  },
  {
    ids: 'CVE-2026-17106',
    title: 'a hard link to a link',
    lay: (out) => [link('l', out), { name: 'd', type: 'hardlink', link: 'l' }],
    through: at('d'),
  },
  {
    ids: 'CVE-2021-37701',
    title: 'one name in two forms of Unicode',
    lay: (out) => [link('caf\u00e9', out)],
    through: at('cafe\u0301'),
  },
  {
    ids: 'CVE-2026-23950',
    title: 'one name in two cases, sharp s too',
    lay: (out) => [link('stra\u00dfe', out), link('STRASSE', out)],
    through: at('strasse'),
  },
  {
    ids: 'CVE-2026-29786, CVE-2026-31802',
    title: 'drive letters and backslashes',
    lay: (out) => [link('d', `C:${UP}${out}`), link('e', `\\\\?\\${out}`)],
    through: (out) => `C:..\\..${out}`,
  },
  {
    ids: 'CVE-2026-42574',
    title: 'a PAX path over a harmless name, and a PAX link',
    lay: (out) => [{ name: 'd', type: 'symlink', link: 'x', pax: { linkpath: out } }],
    through: at('d'),
  },
];

export const ESCAPE_VERBS: readonly EscapeVerb[] = [
  { title: 'write', act: (way) => [{ name: `${way}/planted`, content: 'x' }] },
  { title: 'overwrite', act: (way) => [{ name: `${way}/secret`, content: 'x' }] },
  { title: 'mkdir', act: (way) => [{ name: `${way}/made`, type: 'dir' }] },
  { title: 'chmod', act: (way) => [{ name: `${way}/folder`, type: 'dir', mode: 0o700 }] },
  { title: 'chown', act: (way) => [{ name: `${way}/folder`, type: 'dir', mode: 0o777, uid: 12, gid: 34 }] },
  { title: 'utimes', act: (way) => [{ name: `${way}/folder`, type: 'dir', mode: 0o777, mtime: 1 }] },
  {
    title: 'take by a hard link',
    act: (way) => [{ name: 'stolen', type: 'hardlink', link: `${way}/secret` }],
  },
  {
    title: 'leave a hard link',
    act: (way) => [
      { name: 'f', content: 'x' },
      { name: `${way}/linked`, type: 'hardlink', link: 'f' },
    ],
  },
  { title: 'symlink', act: (way) => [{ name: `${way}/link`, type: 'symlink', link: '/etc/passwd' }] },
  { title: 'mkfifo', act: (way) => [{ name: `${way}/fifo`, type: 'fifo' }] },
  { title: 'replace a directory', act: (way) => [{ name: `${way}/folder`, content: 'x' }] },
  { title: 'delete', isDeletion: true, act: (way) => [{ name: `${way}/.wh.secret` }] },
  { title: 'empty', isDeletion: true, act: (way) => [{ name: `${way}/.wh..wh..opq` }] },
];
