// `tsbuild image COMMAND` and `tsbuild container COMMAND`, as docker has them: the same commands under other names.

const IMAGE: Readonly<Record<string, string>> = {
  ls: 'images',
  list: 'images',
  rm: 'rmi',
  tag: 'tag',
  inspect: 'inspect',
  history: 'history',
  pull: 'pull',
  push: 'push',
  save: 'save',
  load: 'load',
};

/** Under their own names but for these. */
const CONTAINER: Readonly<Record<string, string>> = { ls: 'ps', list: 'ps', remove: 'rm' };
const OF_CONTAINERS =
  'run create ps logs attach exec start stop restart kill wait rm rename port top stats inspect cp diff commit export'.split(
    ' ',
  );

const FAMILIES: Readonly<Record<string, (word: string) => readonly string[] | undefined>> = {
  image: (word) =>
    word === 'inspect'
      ? ['inspect', '--type=image']
      : Object.hasOwn(IMAGE, word)
        ? [IMAGE[word]!]
        : undefined,
  container(word) {
    if (word === 'inspect') return ['inspect', '--type=container'];
    if (Object.hasOwn(CONTAINER, word)) return [CONTAINER[word]!];
    return OF_CONTAINERS.includes(word) ? [word] : undefined;
  },
};

/** The arguments with one word for the command: `image ls -q` is `images -q`. */
export function withoutFamily(argv: readonly string[]): readonly string[] {
  const [family = '', word = '', ...rest] = argv;
  const command = Object.hasOwn(FAMILIES, family) ? FAMILIES[family]!(word) : undefined;
  return command ? [...command, ...rest] : argv;
}
