// Descriptors of this process, by which a test sees that none is left open.
import { readdirSync } from 'node:fs';

export function openDescriptors(): readonly string[] {
  return readdirSync('/proc/self/fd');
}
