// A report is read in a browser, often on the origin of a CI server with its cookies: nothing of a build may become
// markup or script on it. CWE-79.
import type { ExecutionContext } from 'ava';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { report } from '../../src/api/report.js';
import { attack, type AttackWorld, type Defence } from '../support/attack.js';

const ESCAPED: Defence = ['src/report/html.ts', 'ENTITIES[character]!'];
const NO_SCRIPT: Defence = ['src/report/page.ts', `"default-src 'none'",`];
const LINKS: Defence = [
  'src/report/sections/warnings.ts',
  String.raw`!/^https:\/\/[a-z0-9.-]+\//i.test(url)`,
];
const SHOWN: Defence = ['src/report/html.ts', ".map(escapeLine).join('\\n')"];

const PAYLOADS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg onload=alert(1)>",
  '</pre></td></table><h1>forged</h1>',
  '</title><script>alert(1)</script>',
  '</style><script>alert(1)</script>',
  '--><iframe srcdoc=x>',
  '<<b>script>',
  '&lt;script&gt;&#60;script&#62;',
  '` onmouseover=alert(1) `',
  '${alert(1)}',
  '\u202e<script>\u2028',
];

/** All tags of the page: nothing but the page's own literals has a `<`. */
function tagsOf(page: string): readonly (readonly [name: string, attributes: readonly string[]])[] {
  const body = page.replace(/<style>[^]*?<\/style>/, '');
  return [...body.matchAll(/<(!?\/?[^\s>]*)([^>]*)>/g)].map(([, name = '', rest = '']) => [
    name.toLowerCase(),
    [...rest.matchAll(/([^\s="]+)(?:="[^"]*")?/g)].map(([, attribute = '']) => attribute.toLowerCase()),
  ]);
}

const TAGS = new Set(
  'html head meta title link style body a header p h1 h2 h3 span dl div dt dd nav ul ol li main section figure figcaption svg desc g path rect text tspan table caption thead tbody tfoot tr th td details summary pre code b mark article'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set(
  'lang charset http-equiv content name rel href class id tabindex role open scope aria-labelledby aria-label aria-hidden width height viewbox d rx x y transform preserveaspectratio focusable /'.split(
    ' ',
  ),
);

function assertHarmless(t: ExecutionContext, page: string): void {
  const [[doctype], ...tags] = tagsOf(page) as [readonly [string], ...ReturnType<typeof tagsOf>];
  t.is(doctype, '!doctype');
  for (const [name, attributes] of tags) {
    t.true(TAGS.has(name.replace(/^\//, '')), `<${name}>`);
    for (const attribute of attributes) t.true(ATTRIBUTES.has(attribute), `<${name} ${attribute}>`);
  }
  t.notRegex(page, /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/);
  t.is(page.split('<h1>').length, 2);
  t.is(page.split('<style>').length, 2);
}

/** Puts a log into the store as somebody who may write there could, and makes its report. */
async function reportOf({ store, root }: AttackWorld, lines: readonly unknown[]): Promise<string> {
  const folder = join(store, 'local', 'v1', 'builds');
  mkdirSync(folder, { recursive: true });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(join(folder, 'zzzzzzzzzzzz.jsonl'), text);
  const output = join(root, 'report.html');
  await report({ build: 'zzzzzzzzzzzz', output }, { env: { TSBUILD_ROOT: store }, cwd: root });
  return readFileSync(output, 'utf8');
}

function header(text: string) {
  return {
    version: 1,
    header: { id: 'zzzzzzzzzzzz', started: 100, context: text, dockerfile: text, target: text, tags: [text] },
  };
}

/** Every text of a log is the payload. */
function hostileLog(text: string): readonly unknown[] {
  const stages = [
    {
      id: 's',
      name: text,
      platform: text,
      base: text,
      line: 1,
      needs: [],
      steps: [{ id: text, startLine: 1, endLine: 2 }],
    },
    { id: 'u', name: text, platform: text, base: text, line: 1, needs: ['s'], steps: [] },
  ];
  const location = { file: text, startLine: 1, endLine: 1, text: `${text}\n${text}` };
  return [
    header(text),
    { kind: 'plan', steps: [{ id: text, name: `${text}${text.repeat(20)}` }], stages, time: 100 },
    { kind: 'step-start', step: { id: text, name: text }, time: 101 },
    { kind: 'step-log', id: text, stream: 1, time: 101, text: `${text}\n${text}` },
    {
      kind: 'step-progress',
      id: text,
      item: `pushing manifest for ${text}@sha256:${'a'.repeat(64)}`,
      current: 0,
      isDone: true,
      time: 101,
    },
    {
      kind: 'step-end',
      id: text,
      status: 'error',
      error: { code: text, message: text },
      miss: { kind: 'changed', inputs: [{ input: text, name: text }] },
      changed: { paths: [text], count: 1 },
      time: 102,
    },
    { kind: 'warning', rule: text, message: text, detail: text, url: text, location },
    { kind: 'note', message: text },
    {
      kind: 'image',
      digest: text,
      configDigest: text,
      platform: text,
      layers: [{ diffId: `sha256:${'a'.repeat(64)}`, size: 1, createdBy: text }],
      time: 102,
    },
    { end: { ended: 103, status: 'error', digest: text, error: { code: text, message: text, hint: text } } },
  ];
}

attack(
  'CWE-79',
  'names, steps, output and warnings of a build are text on its report',
  ESCAPED,
  async (t, world) => {
    for (const payload of PAYLOADS) assertHarmless(t, await reportOf(world, hostileLog(payload)));
  },
);

attack('CWE-79', 'names of files in the image are text on the report', ESCAPED, async (t, world) => {
  const names = PAYLOADS.map((payload) => payload.replaceAll('/', '_').replaceAll('\0', ''));
  world.write(Object.fromEntries(names.map((name) => [`files/${name}`, 'x'.repeat(2000)])));
  world.write({
    Dockerfile:
      'FROM scratch as a\nCOPY files /f\nFROM scratch\nCOPY --from=a /f /f\nCOPY files /f\nLABEL a="<b>"\n',
  });
  const path = join(world.root, 'build.html');
  await world.build({ report: path });
  const page = readFileSync(path, 'utf8');
  assertHarmless(t, page);
  t.true(page.includes('&lt;script&gt;alert(1)&lt;_script&gt;'));
});

attack('CWE-79', 'links of a report lead to pages of the web alone', LINKS, async (t, world) => {
  for (const url of [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    ' https://a.test/',
    'https:a',
    '//a.test/',
  ]) {
    const page = await reportOf(world, [header('a'), { kind: 'warning', message: 'm', url }]);
    const targets = [...page.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, target]) => target);
    t.true(
      targets.every((target) => target?.startsWith('#')),
      url,
    );
  }
});

attack(
  'CWE-1007',
  'no character of a build reorders or hides what a report says',
  SHOWN,
  async (t, world) => {
    const page = await reportOf(world, [
      header('a\u202eb\u0007'),
      { kind: 'note', message: 'c\u2066d\x1b[8m' },
    ]);
    t.true(page.includes('a\\u202eb\\x07') && page.includes('c\\u2066d\\x1b[8m'));
  },
);

attack(
  'CWE-79',
  'the policy of a report runs nothing, whatever stands on it',
  NO_SCRIPT,
  async (t, world) => {
    const page = await reportOf(world, [header('a')]);
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    t.regex(policy, /^default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]+&#39;; img-src data:; /);
    t.notRegex(policy, /unsafe|script-src|\*/);
    t.true(page.indexOf('http-equiv') < page.indexOf('<title>'));
  },
);
