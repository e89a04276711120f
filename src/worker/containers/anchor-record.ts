// The record of the anchor (hold-anchor.ts), as it is read.
import { readFileSync } from 'node:fs';
import { bootId } from '../../host/boot-id.js';
import { isAlive, type KnownProcess } from '../../host/known-process.js';

export interface AnchorRecord extends KnownProcess {
  readonly bootId: string | undefined;
}

/** The anchor that lives; undefined when there is none. */
export function livingAnchor(path: string): KnownProcess | undefined {
  const anchor = readRecord(path);
  return anchor && anchor.bootId === bootId() && isAlive(anchor) ? anchor : undefined;
}

function readRecord(path: string): AnchorRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as AnchorRecord;
  } catch {
    // None yet, or one that was cut when the machine stopped: it is of another boot.
    return undefined;
  }
}
