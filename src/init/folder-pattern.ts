// Patterns of folders: `*` stands for a part of a name, `**` for any folders.

export function folderMatcher(pattern: string): (path: string) => boolean {
  const source = pattern
    .split('/')
    .map((part) =>
      part === '**' ? '.+' : part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '[^/]*'),
    )
    .join('/');
  const expression = new RegExp(`^${source}$`);
  return (path) => expression.test(path);
}
