// Folders of the workspaces that a project names by patterns: `packages/*`, `apps/web`, `!packages/old`.
import { folderMatcher } from './folder-pattern.js';
import type { Manifest } from './detect.js';

/** Deeper folders than this are not looked at: `**` is rare. */
const DEEPEST = 4;

/**
 * Relative paths, sorted.
 * @param pnpm content of pnpm-workspace.yaml
 * @param list names of the folders in a folder
 */
export function workspaceFolders(
  manifest: Manifest,
  pnpm: string | undefined,
  list: (folder: string) => readonly string[],
): readonly string[] {
  const patterns = patternsOf(manifest, pnpm);
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!')).map(folderMatcher);
  const unwanted = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => folderMatcher(pattern.slice(1)));
  const found: string[] = [];
  const look = (folder: string, depth: number): void => {
    for (const name of depth < DEEPEST && wanted.length > 0 ? list(folder) : []) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (wanted.some((isMatch) => isMatch(path)) && !unwanted.some((isMatch) => isMatch(path)))
        found.push(path);
      look(path, depth + 1);
    }
  };
  look('', 0);
  return found.sort();
}

function patternsOf(manifest: Manifest, pnpm: string | undefined): readonly string[] {
  const { workspaces = [] } = manifest as { workspaces?: unknown };
  const given: unknown = Array.isArray(workspaces)
    ? workspaces
    : (workspaces as { packages?: unknown }).packages;
  const own = Array.isArray(given) ? given.filter((one) => typeof one === 'string') : [];
  return [...own, ...pnpmPatterns(pnpm ?? '')].map((pattern) =>
    pattern.replace(/^(!?)\.\//, '$1').replace(/\/$/, ''),
  );
}

/** The list `packages` of a file whose other members say nothing of folders. */
function pnpmPatterns(text: string): readonly string[] {
  const list = /^packages:[ \t]*\n((?:[ \t]*(?:-.*|#.*)?\n?)*)/m.exec(text)?.[1] ?? '';
  return [...list.matchAll(/^[ \t]*-[ \t]*['"]?([^'"#\n]+?)['"]?[ \t]*(?:#.*)?$/gm)].map(
    ([, pattern]) => pattern!,
  );
}
