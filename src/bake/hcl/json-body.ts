// A JSON bake file as the same body that HCL gives (hcl json/spec.md): objects are blocks where blocks are known, and
// strings are templates.
import { TsbuildError } from '../../core/errors.js';
import { lexTemplateText } from './lex.js';
import { parseExpression, parseExpressionText } from './parse-expression.js';
import { parseTemplate } from './parse-template.js';
import type { Place, SourceText } from './source.js';
import type { Attribute, Block, Body, Expression } from './syntax.js';
import type { Value } from './values.js';

/** Blocks, by what they stand in, with the number of their labels. */
const LABELS_OF: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '': { variable: 1, function: 1, group: 1, target: 1 },
  variable: { validation: 0 },
};

type Json = Readonly<Record<string, unknown>>;

/** @throws TsbuildError BAKE_INVALID */
export function parseJsonBody(source: SourceText): Body {
  let json: unknown;
  try {
    json = JSON.parse(source.text);
  } catch (error) {
    throw new TsbuildError('BAKE_INVALID', `${source.name} is no JSON: ${(error as Error).message}`);
  }
  if (isObject(json)) return bodyOf(json, '', source.name);
  throw new TsbuildError('BAKE_INVALID', `${source.name} holds no object`);
}

function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** @param path of the body in its file, for messages */
function bodyOf(json: Json, type: string, path: string): Body {
  const labels = LABELS_OF[type] ?? {};
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === '//') continue;
    const at = `${path}, ${name}`;
    if (Object.hasOwn(labels, name)) blocks.push(...blocksOf(name, labels[name]!, { value, path: at }));
    else
      attributes.push({ name, value: attributeOf(type, name, { value, path: at }), place: placeOf(at, '') });
  }
  return { attributes, blocks };
}

interface At {
  readonly value: unknown;
  readonly path: string;
}

/** An array stands for several of them. */
function blocksOf(type: string, labels: number, { value, path }: At): readonly Block[] {
  if (Array.isArray(value))
    return value.flatMap((one: unknown) => blocksOf(type, labels, { value: one, path }));
  if (!isObject(value)) throw new TsbuildError('BAKE_INVALID', `${path} must be an object`);
  if (labels === 0) return [{ type, labels: [], body: bodyOf(value, type, path), place: placeOf(path, '') }];
  return Object.entries(value).flatMap(([label, body]) => {
    const bodies: readonly unknown[] = Array.isArray(body) ? body : [body];
    return bodies.map((one) => {
      if (!isObject(one)) throw new TsbuildError('BAKE_INVALID', `${path}.${label} must be an object`);
      const at = `${path}.${label}`;
      return { type, labels: [label], body: bodyOf(one, type, at), place: placeOf(at, '') };
    });
  });
}

/** A type, and the parameters of a function, are names and no texts. */
function attributeOf(type: string, name: string, at: At): Expression {
  const { value, path } = at;
  const isType = type === 'variable' && name === 'type';
  const isName = type === 'function' && name === 'variadic_params';
  if ((isType || isName) && typeof value === 'string')
    return parseExpressionText({ name: path, text: value });
  if (type === 'function' && name === 'params' && Array.isArray(value)) {
    const items = value.map((one: unknown) => parseExpressionText({ name: path, text: String(one) }));
    return { kind: 'tuple', items, place: placeOf(path, '') };
  }
  return expressionOf(at);
}

function expressionOf({ value, path }: At): Expression {
  const place = placeOf(path, '');
  if (typeof value === 'string') return templateOf(value, path);
  if (Array.isArray(value)) {
    const items = value.map((one: unknown, index) => expressionOf({ value: one, path: `${path}[${index}]` }));
    return { kind: 'tuple', items, place };
  }
  if (!isObject(value)) return { kind: 'literal', value: value as Value, place };
  const items = Object.entries(value).map(([key, one]) => ({
    key: templateOf(key, path),
    value: expressionOf({ value: one, path: `${path}.${key}` }),
  }));
  return { kind: 'object', items, place };
}

function templateOf(text: string, path: string): Expression {
  const source: SourceText = { name: path, text };
  const token = lexTemplateText(source);
  if (token.kind === 'template' && token.parts.length > 0)
    return parseTemplate(source, token, parseExpression);
  return { kind: 'literal', value: text, place: placeOf(path, text) };
}

function placeOf(name: string, text: string): Place {
  return { source: { name, text }, start: 0, end: text.length };
}
