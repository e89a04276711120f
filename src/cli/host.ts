// What the CLI needs of the process and of the library, passed in so that tests give their own streams, clock and
// builder.

import type * as Library from '../index.js';

/** The part of the public API that the commands call. */
export type Api = Pick<
  typeof Library,
  | 'build'
  | 'check'
  | 'doctor'
  | 'bake'
  | 'readTargets'
  | 'listTargets'
  | 'initProject'
  | 'createManifest'
  | 'inspectManifest'
  | 'inspectAttestations'
  | 'parsePlatform'
  | 'platformOfNode'
  | 'images'
  | 'removeImages'
  | 'tag'
  | 'inspect'
  | 'history'
  | 'imageContents'
  | 'diffImages'
  | 'pull'
  | 'login'
  | 'logout'
  | 'push'
  | 'load'
  | 'save'
  | 'diskUsage'
  | 'prune'
  | 'builds'
  | 'buildLog'
  | 'debugBuild'
  | 'report'
  | 'attachContainer'
  | 'finishContainer'
  | 'containerEvents'
  | 'containerLogs'
  | 'containerPorts'
  | 'containerProcesses'
  | 'containerStats'
  | 'containers'
  | 'copyContainer'
  | 'diffContainer'
  | 'commitContainer'
  | 'exportContainer'
  | 'createVolume'
  | 'volumes'
  | 'inspectVolumes'
  | 'removeVolumes'
  | 'pruneVolumes'
  | 'createNetwork'
  | 'networks'
  | 'inspectNetworks'
  | 'removeNetworks'
  | 'connectNetwork'
  | 'disconnectNetwork'
  | 'pruneNetworks'
  | 'createContainer'
  | 'execInContainer'
  | 'inspectContainers'
  | 'killContainer'
  | 'removeContainer'
  | 'renameContainer'
  | 'restartContainer'
  | 'run'
  | 'startContainer'
  | 'stopContainer'
  | 'waitForContainer'
>;

/** A stream to print on, with the size of the terminal when it is one. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface CliHost {
  /** Streams are opened when they are asked for. */
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Writes a few words on standard output, without need of the stream. */
  readonly print: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** As `process.arch`. */
  readonly arch: string;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Calls back about every `milliseconds` until the returned function is called. */
  readonly every: (milliseconds: number, callback: () => void) => () => void;
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** From now on signals do not abort: somebody else hears them. */
  readonly letSignalsGo: () => void;
  /** Whether the reader of standard output has gone away. */
  readonly isStdoutGone: () => boolean;
  /** Loads the library; only what a command needs is ever loaded. */
  readonly loadApi: () => Promise<Api>;
}
