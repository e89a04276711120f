// The networks that this host has routes to, so that no network of containers hides one of them.
import { readFileSync } from 'node:fs';
import { sizeOf, type Ipv4Block } from './ipv4.js';

/** Without the default route. Empty where there is no table. */
export function hostRoutes(): Ipv4Block[] {
  try {
    return parseRoutes(readFileSync('/proc/net/route', 'utf8'));
  } catch (error) {
    // A kernel without IPv4.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Of the text of /proc/net/route: addresses as eight hexadecimal digits, the last byte first. Pure. */
export function parseRoutes(text: string): Ipv4Block[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/))
    .flatMap(([, destination = '', , , , , , mask = '']) => {
      if (!/^[\dA-F]{8}$/i.test(destination) || !/^[\dA-F]{8}$/i.test(mask)) return [];
      const prefixLength = [...numberOf(mask).toString(2)].filter((bit) => bit === '1').length;
      const address = numberOf(destination);
      return prefixLength === 0
        ? []
        : [{ first: address - (address % sizeOf({ prefixLength })), prefixLength }];
    });
}

function numberOf(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE(0);
}
