// Fails when the generated parts of the documentation are stale; `--write` renews them. A generated part stands between
// `<!-- NAME:begin -->` and `<!-- NAME:end -->`.
import { build } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

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

const { renderOptionDocs } = await importSource('src/cli/option-docs.ts');
const PARTS = [
  { file: 'docs/cli.md', name: 'build-options', text: renderOptionDocs('build') },
  { file: 'docs/cli.md', name: 'check-options', text: renderOptionDocs('check') },
  { file: 'docs/cli.md', name: 'doctor-options', text: renderOptionDocs('doctor') },
];

const isWriting = process.argv.includes('--write');
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
