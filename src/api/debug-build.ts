// A shell, or another command, in the files of the RUN that failed in a build, after the build. The layers below are
// those of the store; what the failed command changed went with its build.
import { filledText, flag, listOf, object, text, wholeNumber } from '../argument-checks.js';
import { TsbuildError } from '../core/errors.js';
import { areTerminal, callerStreams, runOnStreams } from '../run-on-streams.js';
import { connectionOf } from '../sandbox/network/connection.js';
import { shellProcess } from '../shell-process.js';
import { readKeptStep } from '../store/build-logs/kept-step.js';
import { findBuild } from '../store/build-logs/kept-builds.js';
import { isNewNote } from '../store/said-notes.js';
import type { Store } from '../store/store.js';
import type { StoredLayer } from '../store/stored-layer.js';
import { layersOf, parseCommand, type KeptCommand } from '../worker/kept-command.js';
import type { BuildSandbox } from '../worker/front/ladder.js';
import type { OpenRootfs, ProcessSpec } from '../worker/sandbox.js';
import type { StreamOptions } from './attach-choice.js';
import { onEngine, type OpenCommand } from './on-engine.js';

export interface DebugRequest {
  /** Id of a build, or its beginning; default the last build. */
  readonly build?: string;
  /** Number of a step in the stage, 3 for `[build 3/7]`: the files are those below it. Default the one that failed. */
  readonly step?: number;
  /** Default a shell. */
  readonly command?: readonly string[];
  /** The command that failed is run first, and its output goes to `stderr`. Not together with `step`. */
  readonly isAfter?: boolean;
}

export interface DebugResult {
  readonly exitCode: number;
}

const debugRequest = object({ build: filledText, step: wholeNumber, command: listOf(text), isAfter: flag });

/**
 * Resolves when the shell has ended. On a terminal it has one of its own. What the command had and the shell has not is
 * said by notes.
 * @throws TsbuildError OPTION_INVALID when there is no such build, or no RUN failed in it; OPTION_CONFLICT;
 * IMAGE_NOT_FOUND when layers are gone from the store; STEP_NOT_FOUND for a command that cannot be started; SANDBOX_*,
 * LAYER_*, STORE_*, ABORTED
 */
export async function debugBuild(
  request: DebugRequest = {},
  options: StreamOptions = {},
): Promise<DebugResult> {
  debugRequest(request, 'request');
  if (request.isAfter && request.step !== undefined)
    throw new TsbuildError('OPTION_CONFLICT', 'the command that failed cannot be run at another step', {
      hint: 'leave out the step, or the command',
    });
  return onEngine(options, async (open) => {
    const { store } = open.engine;
    const kept = readCommand(store, request.build);
    requireLayers(store, kept);
    const layers = layersBelow(kept, request.step);
    const sandbox = await openSandboxFor(open, kept);
    try {
      const rootfs = await sandbox.openRootfs(layers, open.signal);
      try {
        return await debugIn({ open, rootfs, kept, process: processOf(kept, sandbox) }, request, options);
      } finally {
        await rootfs.close();
      }
    } finally {
      await sandbox.dispose();
    }
  });
}

/** @throws TsbuildError OPTION_INVALID */
function readCommand({ paths }: Store, id: string | undefined): KeptCommand {
  const found = findBuild(paths, id);
  const command = parseCommand(readKeptStep(paths, found) ?? '');
  if (command) return command;
  throw new TsbuildError('OPTION_INVALID', `no command of a RUN has failed in the build ${found}`, {
    hint: 'tsbuild builds lists the builds and how they ended: name one that failed',
  });
}

/** @throws TsbuildError IMAGE_NOT_FOUND */
function requireLayers(store: Store, kept: KeptCommand): void {
  const isThere = ({ blob }: StoredLayer) => store.blobSize(blob) !== undefined;
  if (layersOf(kept).every(isThere)) return;
  throw new TsbuildError('IMAGE_NOT_FOUND', `layers below ${kept.name} are no longer in the store`, {
    hint: 'they were pruned: run the build again',
  });
}

/** @throws TsbuildError OPTION_INVALID */
function layersBelow({ layers, steps, name }: KeptCommand, step: number | undefined): readonly StoredLayer[] {
  if (step === undefined) return layers;
  const numbered = steps.map((one) => ({ number: numberOf(one.name), below: one.below }));
  const found = numbered.find(({ number }) => number === step);
  if (found) return layers.slice(0, found.below);
  const numbers = numbered.map(({ number }) => number).join(', ');
  throw new TsbuildError('OPTION_INVALID', `the stage of ${name} has no step ${step} up to it`, {
    hint: `its steps are ${numbers}`,
  });
}

/** `[build 3/7] RUN make` is 3. */
function numberOf(name: string): number | undefined {
  const [, number] = /(\d+)\/\d+\]/.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}

async function openSandboxFor(
  { engine, signal, emit }: OpenCommand,
  { sandbox, foreign }: KeptCommand,
): Promise<BuildSandbox> {
  const opened = await engine.openSandbox({
    ...sandbox,
    signal,
    onNote(message, when) {
      if (when === 'always' || isNewNote(engine.store.paths, message)) emit({ kind: 'note', message });
    },
  });
  try {
    if (foreign !== undefined) await opened.emulation.enable(foreign);
    return opened;
  } catch (error) {
    await opened.dispose();
    throw error;
  }
}

function processOf({ process, network }: KeptCommand, { networks }: BuildSandbox): ProcessSpec {
  return { ...process, ...connectionOf(network, networks) };
}

interface Debugging {
  readonly open: OpenCommand;
  readonly rootfs: OpenRootfs;
  readonly kept: KeptCommand;
  readonly process: ProcessSpec;
}

async function debugIn(
  { open: { engine, signal, emit }, rootfs, kept, process: failed }: Debugging,
  { command, isAfter }: DebugRequest,
  options: StreamOptions,
): Promise<DebugResult> {
  const { env = process.env } = options;
  const streams = callerStreams(options);
  const { absent, name, failure } = kept;
  const say = (message: string): void => emit({ kind: 'note', message });
  if (absent.length > 0) say(`the build had, and is not here: ${absent.join(', ')}`);
  if (isAfter) {
    const { stderr } = streams;
    const spec = shellProcess(failed, { argv: failed.argv });
    const { exitCode } = await runOnStreams(rootfs, spec, { stdout: stderr, stderr }, signal);
    if (exitCode === 0) say('the command did not fail this time');
  }
  emit({ kind: 'shell-open', step: name, failure, time: engine.now() });
  try {
    const term = areTerminal(streams) ? (env['TERM'] ?? 'xterm') : undefined;
    const { exitCode } = await runOnStreams(
      rootfs,
      shellProcess(failed, { argv: command, term }),
      streams,
      signal,
    );
    return { exitCode };
  } finally {
    emit({ kind: 'shell-closed', time: engine.now() });
  }
}
