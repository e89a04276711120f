// RUN. Mounts are only checked here; `parseMount` reads them when variables can be expanded.
// Spec: BuildKit's instructions/parse.go (parseRun).
import { didYouMean } from '../core/suggest.js';
import { toCommandLine } from './command-line.js';
import { parseCsvFields } from './csv-fields.js';
import { parseGoBool } from '../core/go-bool.js';
import { goQuote } from './go-quote.js';
import { parseFlags } from './instruction-flags.js';
import type { RunInstruction } from './instruction.js';
import { validateMount } from './mount.js';
import type { ParserNode } from './parse-nodes.js';
import { syntaxError } from './syntax-error.js';

type OwnRun = Pick<RunInstruction, 'kind' | 'command' | 'mounts' | 'network' | 'security' | 'devices'>;

const FLAGS = { mount: 'list', network: 'text', security: 'text', device: 'list' } as const;

function networkMode(value = 'default'): RunInstruction['network'] {
  if (value === 'default' || value === 'none' || value === 'host') return value;
  throw syntaxError(`invalid network mode ${goQuote(value)}`);
}

function securityMode(value = 'sandbox'): RunInstruction['security'] {
  if (value === 'sandbox' || value === 'insecure') return value;
  throw syntaxError(`security ${goQuote(value)} is not valid`);
}

/** `name[,required[=bool]]`, or `name=…`. */
function checkDevice(csv: string): void {
  let name = '';
  for (const field of parseCsvFields(csv, 'devices')) {
    const separator = field.indexOf('=');
    const key = (separator < 0 ? field : field.slice(0, separator)).toLowerCase();
    const value = separator < 0 ? undefined : field.slice(separator + 1);
    if (key === 'required') {
      if (value !== undefined && parseGoBool(value) === undefined)
        throw syntaxError(`invalid value for ${key}: ${value}`);
    } else if (key === 'name' && value !== undefined) {
      if (name !== '') throw syntaxError(`device name already set to ${name}`);
      name = value;
    } else if (name === '') name = field;
    else if (value === undefined) throw syntaxError(`invalid field '${field}' must be a key=value pair`);
    else
      throw syntaxError(
        `unexpected key '${key}' in '${field}'${didYouMean(key, ['name', 'required'], { isCaseSensitive: true })}`,
      );
  }
}

export function buildRun(node: ParserNode): OwnRun {
  const flags = parseFlags(node.flags, FLAGS);
  for (const mount of flags.mount) validateMount(mount);
  const network = networkMode(flags.network);
  const security = securityMode(flags.security);
  for (const device of flags.device) checkDevice(device);
  return {
    kind: 'run',
    command: toCommandLine(node),
    mounts: flags.mount,
    network,
    security,
    devices: flags.device,
  };
}
