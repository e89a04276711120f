// Fails when the generated parts of the documentation are stale, or a comment is wider than 120 columns; `--write` renews the parts and
// wraps the comments. A generated part stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { renderApiReference } from './docs/api-reference.mjs';
import { renderErrorDocs } from './docs/error-docs.mjs';
import { FAMILIES } from './docs/error-guide.mjs';
import { wrapComments } from './docs/wrap-comments.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

async function importSource(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** Made by `npm run build`: here it would take half a minute. */
function readTypes() {
  if (existsSync('dist/index.d.ts')) return readFileSync('dist/index.d.ts', 'utf8');
  throw new Error('dist/index.d.ts is missing: npm run build makes it');
}

const { renderOptionDocs } = await importSource('src/cli/option-docs.ts');
const { COMMANDS } = await importSource('src/cli/command-table.ts');
const { errorTable } = await importSource('src/core/errors.ts');
const { renderManPage } = await importSource('src/cli/man-page.ts');
const { targetsSchema } = await importSource('src/bake/json-schema.ts');
const PARTS = [
  ...COMMANDS.map(({ name }) => ({
    file: 'docs/cli.md',
    name: `${name}-options`,
    text: renderOptionDocs(name),
  })),
  { file: 'docs/errors.md', name: 'codes', text: renderErrorDocs(errorTable()) },
  { file: 'docs/api.md', name: 'reference', text: renderApiReference(readTypes()) },
];

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
/** Files that are made as a whole. */
const FILES = [
  { file: 'man/tsbuild.1', text: renderManPage({ version, exits: exitStatuses(errorTable()) }) },
  { file: 'docs/targets.schema.json', text: `${JSON.stringify(targetsSchema(), null, 2)}\n` },
];

/** What each status means, as docs/errors.md calls the families. */
function exitStatuses(table) {
  const rows = new Map();
  for (const { family, exit } of table) rows.set(exit, (rows.get(exit) ?? new Set()).add(FAMILIES[family]));
  return [['Success', 0], ...[...rows].map(([exit, titles]) => [[...titles].join('; '), exit])];
}

const isWriting = process.argv.includes('--write');
for (const { file, text } of FILES) {
  const after = file.endsWith('.json')
    ? await format(text, { ...(await resolveConfig(file)), parser: 'json' })
    : text;
  if (existsSync(file) && readFileSync(file, 'utf8') === after) continue;
  if (isWriting) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, after);
  } else {
    process.stderr.write(`${file} is stale; run node scripts/check-docs.mjs --write\n`);
    process.exitCode = 1;
  }
}
for (const { file, name, text } of PARTS) {
  const before = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = before.indexOf(begin);
  const to = before.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} has no part ${name}`);
  const renewed = `${before.slice(0, from + begin.length)}\n\n${text}\n\n${before.slice(to)}`;
  const after = await format(renewed, { ...(await resolveConfig(file)), parser: 'markdown' });
  if (after === before) continue;
  if (isWriting) writeFileSync(file, after);
  else {
    process.stderr.write(`${file}: the part ${name} is stale; run node scripts/check-docs.mjs --write\n`);
    process.exitCode = 1;
  }
}

for (const root of ['src', 'test'])
  for (const name of readdirSync(root, { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const file = `${root}/${name}`;
    const before = readFileSync(file, 'utf8');
    const after = wrapComments(before);
    if (after === before) continue;
    if (isWriting) writeFileSync(file, after);
    else {
      process.stderr.write(
        `${file}: a comment is wider than 120 columns; run node scripts/check-docs.mjs --write\n`,
      );
      process.exitCode = 1;
    }
  }
