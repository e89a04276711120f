// The second level: a node into a typed instruction, checked. One function per instruction, in a table.
// Spec: BuildKit's instructions/parse.go, whose order of checks (and so of error messages) is kept.
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { buildAdd, buildCopy } from './build-copy.js';
import { buildHealthcheck } from './build-healthcheck.js';
import { buildRun } from './build-run.js';
import { toCommandLine } from './command-line.js';
import { trimSpace } from './go-space.js';
import { goQuote } from './go-quote.js';
import { parseFlags } from './instruction-flags.js';
import type { ArgInstruction, FromInstruction, Instruction, KeyValue } from './instruction.js';
import { isKeyword, KEYWORDS, type Keyword } from './node-arguments.js';
import type { ParserNode } from './parse-nodes.js';
import { syntaxError } from './syntax-error.js';

/** What an instruction has of its own, without the part that all have. */
type Own<T> = T extends Instruction
  ? Omit<T, 'location' | 'keyword' | 'keywordAsWritten' | 'original' | 'comments'>
  : never;
type OwnInstruction = Own<Instruction>;
type Builder = (node: ParserNode) => OwnInstruction;

const STAGE_NAME = /^[a-z][a-z0-9-_.]*$/;

function requireOne(node: ParserNode, name: Keyword): string {
  if (node.args.length !== 1) throw syntaxError(`${name} requires exactly one argument`);
  return node.args[0]!;
}

function requireSome(node: ParserNode, name: Keyword): void {
  if (node.args.length === 0) throw syntaxError(`${name} requires at least one argument`);
}

function refuseFlags(node: ParserNode): void {
  parseFlags(node.flags, {});
}

const buildFrom = (node: ParserNode): Own<FromInstruction> => {
  const [image = '', as, name] = node.args;
  const isNamed = node.args.length === 3 && as!.toLowerCase() === 'as';
  if (!isNamed && node.args.length !== 1) throw syntaxError('FROM requires either one or three arguments');
  const stageName = name?.toLowerCase();
  if (stageName !== undefined && !STAGE_NAME.test(stageName)) {
    const reason = "name can't start with a number or contain symbols";
    throw syntaxError(`invalid name for build stage: ${goQuote(name!)}, ${reason}`);
  }
  const { platform } = parseFlags(node.flags, { platform: 'text' });
  return {
    kind: 'from',
    image,
    ...(platform ? { platform } : {}),
    ...(stageName === undefined ? {} : { stageName, stageNameAsWritten: name!, asKeyword: as! }),
  };
};

/** ARG never looks at flags. */
const buildArg = (node: ParserNode): Own<ArgInstruction> => {
  requireSome(node, 'ARG');
  const args = node.args.map((arg) => {
    const separator = arg.indexOf('=');
    if (separator === 0) throw syntaxError('ARG names can not be blank');
    return separator < 0 ? { key: arg } : { key: arg.slice(0, separator), value: arg.slice(separator + 1) };
  });
  return { kind: 'arg', args };
};

function keyValues(node: ParserNode, name: Keyword): { pairs: KeyValue[]; isLegacy: boolean } {
  refuseFlags(node);
  requireSome(node, name);
  const pairs: KeyValue[] = [];
  for (let i = 0; i < node.args.length; i += 3) {
    if (node.args[i] === '') throw syntaxError(`${name} names can not be blank`);
    pairs.push({ key: node.args[i]!, value: node.args[i + 1]! });
  }
  return { pairs, isLegacy: node.args[2] === '' };
}

const buildVolume: Builder = (node) => {
  requireSome(node, 'VOLUME');
  refuseFlags(node);
  const paths = node.args.map(trimSpace);
  if (paths.includes('')) throw syntaxError('VOLUME specified can not be an empty string');
  return { kind: 'volume', paths };
};

const buildShell: Builder = (node) => {
  refuseFlags(node);
  requireSome(node, 'SHELL');
  if (!node.isJson) throw syntaxError('SHELL requires the arguments to be in JSON form');
  return { kind: 'shell', shell: node.args };
};

const buildOnbuild: Builder = (node) => {
  requireSome(node, 'ONBUILD');
  refuseFlags(node);
  const trigger = trimSpace(node.args[0]!).toUpperCase();
  if (trigger === 'ONBUILD') throw syntaxError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === 'FROM' || trigger === 'MAINTAINER')
    throw syntaxError(`${trigger} isn't allowed as an ONBUILD trigger`);
  const text = node.original.replace(/^\s*ONBUILD\s*/i, '');
  const bodies = node.heredocs.map(({ raw, name }) => `\n${raw}${name}`);
  return { kind: 'onbuild', expression: text + bodies.join('') };
};

const BUILDERS: Readonly<Record<Keyword, Builder>> = {
  FROM: buildFrom,
  ARG: buildArg,
  ENV: (node) => ({ kind: 'env', ...keyValues(node, 'ENV') }),
  LABEL: (node) => ({ kind: 'label', ...keyValues(node, 'LABEL') }),
  RUN: buildRun,
  COPY: buildCopy,
  ADD: buildAdd,
  CMD: (node) => {
    refuseFlags(node);
    return { kind: 'cmd', command: toCommandLine(node) };
  },
  ENTRYPOINT: (node) => {
    refuseFlags(node);
    return { kind: 'entrypoint', command: toCommandLine(node) };
  },
  WORKDIR: (node) => {
    const path = requireOne(node, 'WORKDIR');
    refuseFlags(node);
    return { kind: 'workdir', path };
  },
  USER: (node) => {
    const user = requireOne(node, 'USER');
    refuseFlags(node);
    return { kind: 'user', user };
  },
  VOLUME: buildVolume,
  EXPOSE: (node) => {
    requireSome(node, 'EXPOSE');
    refuseFlags(node);
    return { kind: 'expose', ports: node.args.toSorted() };
  },
  SHELL: buildShell,
  STOPSIGNAL: (node) => ({ kind: 'stopsignal', signal: requireOne(node, 'STOPSIGNAL') }),
  HEALTHCHECK: buildHealthcheck,
  ONBUILD: buildOnbuild,
  MAINTAINER: (node) => {
    const maintainer = requireOne(node, 'MAINTAINER');
    refuseFlags(node);
    return { kind: 'maintainer', maintainer };
  },
};

/**
 * The instruction that a node is.
 * @throws TsbuildError without a place: DOCKERFILE_UNKNOWN_INSTRUCTION, DOCKERFILE_UNKNOWN_FLAG, DOCKERFILE_SYNTAX
 */
export function buildInstruction(node: ParserNode): Instruction {
  const keyword = node.keyword.toUpperCase();
  if (!isKeyword(keyword)) {
    const message = `unknown instruction: ${node.keyword}${didYouMean(node.keyword, KEYWORDS)}`;
    throw new TsbuildError('DOCKERFILE_UNKNOWN_INSTRUCTION', message);
  }
  return {
    location: node.location,
    keyword,
    keywordAsWritten: node.keyword,
    original: node.original,
    comments: node.comments,
    ...BUILDERS[keyword](node),
  };
}
