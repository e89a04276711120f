#!/usr/bin/env node
// Starts the bundled command line. In a fresh checkout the bundle is not there yet.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('ERROR: dist/ is missing\nhint: npm run build\n');
  process.exitCode = 70;
}
