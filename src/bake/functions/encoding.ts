// Functions that encode, hash and name (cty's function/stdlib json.go and csv.go, go-cty-funcs).
import { createHash, randomUUID } from 'node:crypto';
import type { HclFunction } from '../hcl/evaluate.js';
import { fromJson, objectOf, toJson, type Value } from '../hcl/values.js';
import { argumentsOf, refuse } from './arguments.js';

const ofText =
  (change: (text: string) => Value): HclFunction =>
  (...args) =>
    change(argumentsOf(args, 1).text(0));

const hashed = (algorithm: string): HclFunction =>
  ofText((text) => createHash(algorithm).update(text).digest('hex'));

const NAMESPACES: Readonly<Record<string, string>> = {
  dns: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  url: '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
  oid: '6ba7b812-9dad-11d1-80b4-00c04fd430c8',
  x500: '6ba7b814-9dad-11d1-80b4-00c04fd430c8',
};

/** RFC 9562, version 5. */
function namedUuid(namespace: string, name: string): string {
  const known = Object.hasOwn(NAMESPACES, namespace) ? NAMESPACES[namespace]! : namespace;
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(known)) refuse(`${namespace} is no namespace`);
  const hash = createHash('sha1')
    .update(Buffer.from(known.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function decodedJson(text: string): Value {
  try {
    return fromJson(JSON.parse(text));
  } catch (error) {
    return refuse(`this is no JSON: ${(error as Error).message}`);
  }
}

/** One object a line, by the names of the first (RFC 4180). */
function decodedCsv(text: string): Value {
  const rows = csvRows(text).filter((row) => row.length > 1 || row[0] !== '');
  const [names = [], ...lines] = rows;
  return lines.map((row) => {
    if (row.length !== names.length) refuse(`a line has ${row.length} fields in place of ${names.length}`);
    return objectOf(names.map((name, index) => [name, row[index]!] as const));
  });
}

function csvRows(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  for (field.lastIndex = 0; ;) {
    const match = field.exec(text);
    if (!match) return refuse('this is no CSV: a quote stands alone');
    rows.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === '') return rows;
    if (match[3] !== ',') rows.push([]);
  }
}

/** As JSON of Go: signs of HTML are escaped. */
export function goJson(text: string): string {
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export const ENCODING_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  base64encode: ofText((text) => Buffer.from(text).toString('base64')),
  base64decode: ofText((text) => Buffer.from(text, 'base64').toString('utf8')),
  urlencode: ofText((text) =>
    encodeURIComponent(text)
      .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%20', '+'),
  ),
  jsonencode: (...args) => goJson(JSON.stringify(toJson(argumentsOf(args, 1).value(0)))),
  jsondecode: ofText(decodedJson),
  csvdecode: ofText(decodedCsv),
  md5: hashed('md5'),
  sha1: hashed('sha1'),
  sha256: hashed('sha256'),
  sha512: hashed('sha512'),
  uuidv4: (...args) => {
    argumentsOf(args, 0);
    return randomUUID();
  },
  uuidv5(...args) {
    const given = argumentsOf(args, 2);
    return namedUuid(given.text(0), given.text(1));
  },
};
