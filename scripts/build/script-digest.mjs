// The last line of a script whose compiled form is kept: a comment with the digest of all before it (src/host/compiled-script.ts).
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

export function addDigest(path) {
  const text = readFileSync(path);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 32);
  writeFileSync(path, Buffer.concat([text, Buffer.from(`//${digest}`)]));
}
