// A command that failed, as plain data by which its like is started once more in the same files. It is kept as text
// after its build has ended. Invariant: no secret is in it, and no variable that led to one.
import type { StoredLayer } from '../store/stored-layer.js';
import type { ProcessSpec } from './sandbox.js';
import type { LadderOptions } from './front/ladder.js';

export interface KeptCommand {
  /** Of its step: `[build 2/3] make`. */
  readonly name: string;
  /** What it came to: `exit code: 2`. */
  readonly failure: string;
  /** Those that the command saw, bottom first. */
  readonly layers: readonly StoredLayer[];
  /** The steps of its stage up to its own, the first one first: what each is called, and how many layers are below. */
  readonly steps: readonly { readonly name: string; readonly below: number }[];
  readonly process: Omit<ProcessSpec, 'network' | 'resolvConf'>;
  readonly network: 'default' | 'none' | 'host';
  /** Of its programs, where it is not that of the machine: `arm64`. */
  readonly foreign?: string;
  /** What it had and is not kept, in words. */
  readonly absent: readonly string[];
  readonly sandbox: Pick<LadderOptions, 'isolation' | 'request'>;
}

const VERSION = 1;

/** Bytes are base64. */
export function textOfCommand(command: KeptCommand): string {
  const files = command.process.files.map((file) => ({
    ...file,
    content: Buffer.from(file.content).toString('base64'),
  }));
  return JSON.stringify({
    version: VERSION,
    command: { ...command, process: { ...command.process, files } },
  });
}

/** Undefined for what another version wrote, or nobody. */
export function parseCommand(text: string): KeptCommand | undefined {
  const { version, command } = parsed(text);
  if (version !== VERSION || !command) return undefined;
  const files = command.process.files.map((file) => ({
    ...file,
    content: Buffer.from(file.content, 'base64'),
  }));
  return { ...command, process: { ...command.process, files } };
}

type WrittenFile = Omit<ProcessSpec['files'][number], 'content'> & { readonly content: string };
type WrittenCommand = Omit<KeptCommand, 'process'> & {
  readonly process: Omit<KeptCommand['process'], 'files'> & { readonly files: readonly WrittenFile[] };
};

function parsed(text: string): { readonly version?: unknown; readonly command?: WrittenCommand } {
  try {
    return (JSON.parse(text) ?? {}) as { version?: unknown; command?: WrittenCommand };
  } catch {
    // A build that was killed while it wrote.
    return {};
  }
}

/** All layers that a process over it is made of, those of its mounts too. */
export function layersOf({ layers, process: { mounts } }: Pick<KeptCommand, 'layers' | 'process'>) {
  const ofMounts = mounts.flatMap((mount) => {
    if (mount.type === 'bind') return mount.source.layers;
    return mount.type === 'cache' ? (mount.seed?.layers ?? []) : [];
  });
  return [...layers, ...ofMounts];
}
