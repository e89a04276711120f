// BuildKit's own answers: word expansion, word splitting and parsing, computed by its Go packages.
import test from 'ava';
import { readFileSync } from 'node:fs';
import { TsbuildError } from '../../../src/core/errors.js';
import { parseDirectives } from '../../../src/parser/directives.js';
import { expandWord, expandWords } from '../../../src/parser/expand-word.js';
import { parseDockerfile } from '../../../src/parser/parse-dockerfile.js';
import { runThrough } from '../../../src/core/run-through.js';
import { parseNodes, type ParserNode } from '../../../src/parser/parse-nodes.js';

interface LexVector {
  readonly word: string;
  readonly env: readonly string[];
  readonly escape?: string;
  readonly expect: {
    readonly result: string;
    readonly unset?: Record<string, unknown>;
    readonly error?: string;
  };
}
interface WordsVector {
  readonly word: string;
  readonly env: readonly string[];
  readonly expect: { readonly result: readonly string[] };
}
interface NodeVector {
  readonly cmd: string;
  /** Go's nil slice is null: an instruction without anything behind the keyword. */
  readonly flags: readonly string[] | null;
  readonly args: readonly string[];
  readonly json?: boolean;
  readonly heredocs?: readonly unknown[];
  readonly line: number;
  readonly end: number;
}
interface ParseVector {
  readonly name: string;
  readonly dockerfile: string;
  readonly expect: {
    readonly error?: string;
    readonly semanticError?: string;
    readonly escape: string;
    readonly nodes?: readonly NodeVector[];
    readonly stages?: readonly string[] | null;
    readonly metaArgs: number;
    readonly warnings?: readonly string[];
  };
}

function load<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(`fixtures/vectors/${name}.json`, 'utf8')) as readonly T[];
}

function environmentOf(env: readonly string[]): (name: string) => string | undefined {
  const values = new Map(
    env.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  return (name) => values.get(name);
}

function messageOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof TsbuildError) return error.message;
    throw error;
  }
}

test('lex: expandWord gives what ProcessWord gives', (t) => {
  for (const { word, env, escape, expect } of load<LexVector>('lex')) {
    const expand = () => expandWord(word, environmentOf(env), escape === undefined ? {} : { escape });
    if (expect.error !== undefined) {
      t.is(messageOf(expand), expect.error, word);
    } else {
      const { text, unmatched } = expand();
      t.is(text, expect.result, word);
      t.deepEqual([...unmatched].toSorted(), Object.keys(expect.unset ?? {}).toSorted(), word);
    }
  }
});

test('words: expandWords gives what ProcessWords gives', (t) => {
  for (const { word, env, expect } of load<WordsVector>('words')) {
    t.deepEqual(expandWords(word, environmentOf(env)).words, expect.result, word);
  }
});

function firstLevel(text: string) {
  const directives = parseDirectives(text, 'Dockerfile');
  const escape = directives.find(({ name }) => name === 'escape')?.value ?? '\\';
  return {
    escape,
    ...runThrough(parseNodes({ file: 'Dockerfile', text, escape, directiveLines: directives.length })),
  };
}

function toVector(node: ParserNode): NodeVector {
  const heredocs = node.heredocs.map(({ name, raw, expand, chomp }) => ({
    chomp,
    content: raw,
    expand,
    name,
  }));
  return {
    cmd: node.keyword,
    flags: node.flags,
    // BuildKit keeps a trigger in a child node, which the vectors show as one empty argument.
    args: node.keyword.toUpperCase() === 'ONBUILD' && node.args.length > 0 ? [''] : node.args,
    ...(node.isJson ? { json: true } : {}),
    ...(heredocs.length > 0 ? { heredocs } : {}),
    line: node.location.startLine,
    end: node.location.endLine,
  };
}

for (const { name, dockerfile, expect } of load<ParseVector>('parse')) {
  test(`parse: ${name}`, (t) => {
    if (expect.error !== undefined) {
      t.is(
        messageOf(() => firstLevel(dockerfile)),
        expect.error,
      );
      t.is(
        messageOf(() => parseDockerfile(dockerfile, 'Dockerfile')),
        expect.error,
      );
      return;
    }
    const { nodes, warnings, escape } = firstLevel(dockerfile);
    t.deepEqual(
      nodes.map(toVector),
      expect.nodes?.map((node) => ({ ...node, flags: node.flags ?? [] })),
    );
    t.is(escape, expect.escape);
    t.deepEqual(
      warnings.map(({ message }) => message),
      expect.warnings ?? [],
    );
    if (expect.semanticError !== undefined) {
      t.is(
        messageOf(() => parseDockerfile(dockerfile, 'Dockerfile')),
        expect.semanticError,
      );
    } else if (expect.stages?.length) {
      const { stages, globalArgs } = parseDockerfile(dockerfile, 'Dockerfile');
      t.deepEqual(
        stages.map(({ name: stage = '', from }) => `${stage}=${from.image}`),
        expect.stages,
      );
      t.is(globalArgs.length, expect.metaArgs);
    } else {
      t.is(
        messageOf(() => parseDockerfile(dockerfile, 'Dockerfile')),
        'dockerfile contains no stages to build',
      );
    }
  });
}
