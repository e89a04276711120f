// The licences of the packages whose code is in the bundles, as one text. Every bundled package must have a licence file, or name its
// licence.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param inputs paths of bundled files, as the metafile of esbuild has them */
export function thirdPartyText(inputs) {
  const folders = new Set(inputs.map(packageFolder).filter(Boolean));
  const packages = [...folders].map(describe).sort((a, b) => (a.title < b.title ? -1 : 1));
  const once = new Map(packages.map((entry) => [entry.title, entry]));
  const head = 'tsbuild contains code of these packages, under their licences.\n';
  return [
    head,
    ...[...once.values()].map(({ title, text }) => `${'-'.repeat(80)}\n${title}\n\n${text.trim()}\n`),
  ].join('\n');
}

function packageFolder(path) {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

function describe(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  if (texts.length === 0 && typeof license !== 'string')
    throw new Error(`${name} is bundled and has no licence`);
  const owner = typeof author === 'string' ? author : (author?.name ?? '');
  return {
    title: `${name} ${version} (${license})`,
    text: texts.join('\n\n') || `Licence: ${license}. ${owner}`,
  };
}
