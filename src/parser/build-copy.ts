// COPY and ADD: sources, heredoc sources and the destination.
// Spec: BuildKit's instructions/parse.go (parseCopy, parseAdd).
import { chompHeredoc, isHeredocWord, parseHeredocWord } from './heredoc-word.js';
import { parseFlags } from './instruction-flags.js';
import type { AddInstruction, CopyInstruction, HeredocSource } from './instruction.js';
import type { ParserNode } from './parse-nodes.js';
import { syntaxError } from './syntax-error.js';

type Shared = 'sources' | 'heredocs' | 'dest' | 'chown' | 'chmod' | 'isLink' | 'excludes';
type OwnCopy = Pick<CopyInstruction, 'kind' | 'from' | 'isParents' | Shared>;
type OwnAdd = Pick<AddInstruction, 'kind' | 'checksum' | 'keepGitDir' | 'unpack' | Shared>;

const SHARED_FLAGS = { chown: 'text', chmod: 'text', link: 'bool', exclude: 'list' } as const;
const COPY_FLAGS = { ...SHARED_FLAGS, from: 'text', parents: 'bool' } as const;
const ADD_FLAGS = { ...SHARED_FLAGS, 'keep-git-dir': 'bool', checksum: 'text', unpack: 'bool' } as const;

function requireDestination(node: ParserNode, name: string): void {
  if (node.args.length >= 2) return;
  throw syntaxError(
    `${name} requires at least two arguments, but only one was provided. Destination could not be determined`,
  );
}

/**
 * The heredoc that a source word opens, with the body of the node's heredoc of that name (the last, when there are
 * several).
 */
function heredocSource(node: ParserNode, word: string): HeredocSource | undefined {
  const opener = isHeredocWord(word) ? parseHeredocWord(word) : undefined;
  if (!opener) return undefined;
  const raw = node.heredocs.findLast(({ name }) => name === opener.name)?.raw ?? '';
  return { name: opener.name, content: opener.chomp ? chompHeredoc(raw) : raw, expand: opener.expand };
}

function sourcesAndDest(
  node: ParserNode,
  name: string,
): Pick<CopyInstruction, 'sources' | 'heredocs' | 'dest'> {
  const dest = node.args.at(-1)!;
  if (isHeredocWord(dest)) throw syntaxError(`${name} cannot accept a heredoc as a destination`);
  const sources: string[] = [];
  const heredocs: HeredocSource[] = [];
  for (const word of node.args.slice(0, -1)) {
    const heredoc = heredocSource(node, word);
    if (heredoc) heredocs.push(heredoc);
    else sources.push(word);
  }
  return { sources, heredocs, dest };
}

interface SharedValues {
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly link: boolean | undefined;
  readonly exclude: readonly string[];
}

function sharedFlags({
  chown,
  chmod,
  link,
  exclude,
}: SharedValues): Pick<CopyInstruction, 'chown' | 'chmod' | 'isLink' | 'excludes'> {
  return {
    ...(chown ? { chown } : {}),
    ...(chmod ? { chmod } : {}),
    isLink: link ?? false,
    excludes: exclude,
  };
}

export function buildCopy(node: ParserNode): OwnCopy {
  requireDestination(node, 'COPY');
  const flags = parseFlags(node.flags, COPY_FLAGS);
  return {
    kind: 'copy',
    ...sourcesAndDest(node, 'COPY'),
    ...sharedFlags(flags),
    ...(flags.from ? { from: flags.from } : {}),
    isParents: flags.parents ?? false,
  };
}

export function buildAdd(node: ParserNode): OwnAdd {
  requireDestination(node, 'ADD');
  const flags = parseFlags(node.flags, ADD_FLAGS);
  const keepGitDir = flags['keep-git-dir'];
  return {
    kind: 'add',
    ...sourcesAndDest(node, 'ADD'),
    ...sharedFlags(flags),
    ...(flags.checksum ? { checksum: flags.checksum } : {}),
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(flags.unpack === undefined ? {} : { unpack: flags.unpack }),
  };
}
