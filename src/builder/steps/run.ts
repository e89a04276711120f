// RUN: a rootfs over the layers of the stage, one process in it, and what that changed. Everything that the sandbox
// needs to know is resolved here; the sandbox gets plain data.
import type { StoredLayer } from '../../store/stored-layer.js';
import { TsbuildError } from '../../core/errors.js';
import { runInputs } from '../../cache/step-key.js';
import { ACCOUNT_FILES } from '../../layer/accounts/account-files.js';
import type { ExecUser } from '../../layer/accounts/account-rows.js';
import { lookupUser } from '../../layer/accounts/lookup-user.js';
import { listOf, variablesOf } from '../../plan/environment.js';
import type { RunStep } from '../../plan/step.js';
import type { Layer } from '../../images/layer.js';
import { runCached } from '../../cache/run-cached.js';
import { connectionOf, type Connection } from '../../sandbox/network/connection.js';
import { hostsFile } from '../../sandbox/network/name-resolution.js';
import type { ProcessExit, ProcessIo, ProcessSpec } from '../../worker/sandbox.js';
import { prepareToName } from '../../store/image-names.js';
import { parentOf, startUnpacking, storedLayers, type StageRun } from '../stage-run.js';
import type { BuildSandbox } from '../../worker/front/ladder.js';
import type { StepReporter } from '../../core/step-events.js';
import { isOfCommand, type FailedRun } from '../failed-runs.js';
import { keptCommandOf } from './kept-command-of.js';
import { contentOfMounts, resolveMounts } from './mounts.js';
import { stepCertificates } from './step-certificates.js';
import { explainExit, explainStart } from './explain-exit.js';
import { lastLines } from './last-lines.js';
import { createStepLog, type StepLog } from './step-log.js';
import { enableEmulation, explainFormat, requireEmulator } from '../require-emulators.js';

const DEFAULT_SHM_BYTES = 64 << 20;

export async function executeRun(run: StageRun, step: RunStep, reporter: StepReporter): Promise<Layer> {
  const { request } = run.tools;
  const contents = await contentOfMounts(run, step.mounts);
  const inputs = runInputs(step, parentOf(run), {
    mountContents: contents.map((content) => content && content.digest),
    addHosts: (request.addHosts ?? []).map(({ host }) => host),
    ulimits: (request.ulimits ?? []).map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    shmSizeBytes: request.shmSizeBytes,
  });
  const make = async () => {
    await Promise.all(contents.map((content) => content?.confirm()));
    return runInSandbox(run, step, reporter);
  };
  const where = () => run.placeOf(step);
  return runCached(run.tools.stepCache, {
    inputs,
    isCacheIgnored: step.isCacheIgnored,
    where,
    reporter,
    nameOf: ({ input, index }) =>
      input === 'mounts' && index !== undefined ? step.mounts[index]?.mount.target : undefined,
    make,
  });
}

async function runInSandbox(run: StageRun, step: RunStep, reporter: StepReporter): Promise<StoredLayer> {
  const { tools } = run;
  await requireEmulator(run, step);
  run.lookAhead();
  tools.sandbox.prepare();
  startUnpacking(run);
  const { spec, openEnv } = await specOf(run, step);
  const [sandbox, layers] = await Promise.all([tools.sandbox.get(), storedLayers(run, run.layers)]);
  await enableEmulation(run, step, sandbox);
  const log = createStepLog(tools, reporter.id);
  const command: Command = {
    layers,
    spec,
    areContentsHashed: run.isSource,
    meanwhile: () => whileItRuns(run),
    async onFailed(rootfs, process, error) {
      const kept = { layers, process: spec, env: openEnv, failure: wordsOf(error) };
      await tools.failedRuns?.onFailed({ rootfs, process, command: keptCommandOf(run, step, kept) });
    },
  };
  reporter.markBegun();
  const ran = log.around(() =>
    runConnected(step, sandbox, command, {
      onOutput: (stream, data) => log.write(stream, data),
      signal: tools.signal,
    }),
  );
  return ran.catch(async (error: unknown) => {
    throw withLog(explained(await explainFormat(run, step, error), step, log), reporter, log);
  });
}

/** What a caller without progress needs to see. */
function withLog(error: unknown, { name }: StepReporter, log: StepLog): unknown {
  if (!(error instanceof TsbuildError) || error.code === 'ABORTED') return error;
  const lines = lastLines(log.tail());
  return error.with({ step: name, cause: error.cause, ...(lines !== '' && { log: lines }) });
}

/** With a hint from what the command has said, when nothing better is known. */
function explained(error: unknown, { argv }: RunStep, log: StepLog): unknown {
  if (!(error instanceof TsbuildError) || error.hint !== undefined) return error;
  const { code, exitCode, message, cause } = error;
  if (code === 'STEP_NOT_FOUND') return error.with({ hint: explainStart(message, argv), cause });
  if (code !== 'STEP_EXIT_NONZERO' || exitCode === undefined) return error;
  return error.with({ hint: explainExit({ exitCode, output: log.tail() }), cause });
}

/** The front only waits for the command, so this costs no time here. */
async function whileItRuns({ tools }: StageRun): Promise<void> {
  tools.contexts.save();
  if (tools.request.tags?.length) await prepareToName();
}

interface Command {
  readonly layers: readonly StoredLayer[];
  readonly spec: Omit<ProcessSpec, keyof Connection>;
  /** Whether files may be copied out of the layer. */
  readonly areContentsHashed: boolean;
  /** What is done while the command runs. */
  readonly meanwhile: () => Promise<void>;
  /** Called when the command failed, before its files go. */
  readonly onFailed: (
    rootfs: FailedRun['rootfs'],
    process: ProcessSpec,
    error: TsbuildError,
  ) => Promise<void>;
}

/**
 * The network tool starts when the command asks for its first socket. When the tool fails, the command is ended before
 * it reached anybody, and its files go with its rootfs: it can start once more. What it wrote to cache mounts stays, as
 * after every build that is stopped.
 */
async function runConnected(
  step: RunStep,
  sandbox: BuildSandbox,
  command: Command,
  io: ProcessIo,
): Promise<StoredLayer> {
  const { networks } = sandbox;
  let hasSpoken = false;
  const onOutput: ProcessIo['onOutput'] = (stream, data) => {
    hasSpoken = true;
    io.onOutput(stream, data);
  };
  const attempt = () =>
    runInRootfs(step, sandbox, { ...command, ...connectionOf(step.network, networks) }, { ...io, onOutput });
  return attempt().catch((error: unknown) => {
    if (isUnconnected(error) && networks.giveUp(error, { isSaidAgain: hasSpoken })) return attempt();
    throw error;
  });
}

/** Nothing is waited for before the command is on its way: rootfs and process are asked for at once. */
async function runInRootfs(
  step: RunStep,
  sandbox: BuildSandbox,
  { layers, spec, areContentsHashed, meanwhile, onFailed, network, resolvConf }: Command & Connection,
  io: ProcessIo,
): Promise<StoredLayer> {
  const rootfs = await sandbox.openRootfs(layers, io.signal);
  const process = { ...spec, network, resolvConf };
  try {
    const starting = rootfs.start(process, io);
    starting.catch(() => undefined);
    await meanwhile();
    const exit = await (await starting).wait();
    if (exit.exitCode !== 0) throw failure(step, exit);
    return await rootfs.snapshot({ areContentsHashed, signal: io.signal });
  } catch (error) {
    if (isOfCommand(error)) await onFailed(rootfs, process, error);
    throw error;
  } finally {
    void rootfs.close();
  }
}

function isUnconnected(error: unknown): error is TsbuildError {
  return error instanceof TsbuildError && error.code === 'SANDBOX_NO_NETWORK';
}

interface Specified {
  readonly spec: Command['spec'];
  /** The variables that hold no secret and lead to none. */
  readonly openEnv: readonly string[];
}

async function specOf(run: StageRun, step: RunStep): Promise<Specified> {
  const { request } = run.tools;
  const user = await userOf(run, step.user);
  const mounts = await resolveMounts(run, step);
  const certificates = await stepCertificates(run);
  const spec = {
    argv: step.argv,
    env: environmentOf(step, user, { certificates: certificates.env, secrets: mounts.env }),
    cwd: step.cwd,
    uid: user.uid,
    gid: user.gid,
    groups: user.groups,
    hostname: step.hostname,
    isInsecure: step.isInsecure,
    mounts: mounts.mounts,
    hosts: hostsFile(step.hostname, request.addHosts ?? []),
    files: [...scriptOf(step), ...certificates.files],
    ulimits: request.ulimits ?? [],
    shmSizeBytes: request.shmSizeBytes ?? DEFAULT_SHM_BYTES,
  };
  const open = { certificates: certificates.env, secrets: [] };
  return { spec, openEnv: environmentOf({ ...step, proxyEnv: [] }, user, open) };
}

function scriptOf({ script }: RunStep): ProcessSpec['files'] {
  if (!script) return [];
  return [{ path: `/dev/pipes/${script.name}`, content: Buffer.from(script.content), mode: 0o755 }];
}

/**
 * Certificates, config and ARGs, proxies, secrets, of which the last wins; HOME as the runtime sets it when it is
 * missing or empty.
 */
function environmentOf(
  step: RunStep,
  user: ExecUser,
  {
    certificates,
    secrets,
  }: { readonly certificates: readonly string[]; readonly secrets: readonly string[] },
): string[] {
  const env = variablesOf([...certificates, ...step.env, ...step.proxyEnv, ...secrets]);
  return listOf(env.get('HOME') ? env : env.with([['HOME', user.home]]));
}

async function userOf(run: StageRun, user: string): Promise<ExecUser> {
  const view = await run.tools.trees.lookup(run.layers);
  await run.tools.trees.bringContent(run.layers, view, ACCOUNT_FILES);
  return lookupUser(view, user);
}

function failure(step: RunStep, result: ProcessExit): TsbuildError {
  const { exitCode, signal, isOutOfMemory } = result;
  const command = step.argv.join(' ');
  const what = isOutOfMemory ? 'cannot allocate memory' : `exit code: ${exitCode}`;
  const message = `process ${JSON.stringify(command)} did not complete successfully: ${what}`;
  const hint =
    result.hint ?? (isOutOfMemory ? MORE_MEMORY : signal && explainExit({ exitCode, signal, output: '' }));
  const code = signal ? 'STEP_KILLED' : 'STEP_EXIT_NONZERO';
  return new TsbuildError(code, message, { hint, location: step.location, exitCode });
}

/** Without the command, which the name of the step has. */
function wordsOf({ message }: TsbuildError): string {
  return message.replace(/^process .* did not complete successfully: /s, '');
}

const MORE_MEMORY =
  'it was killed for want of memory: raise --resource memory=SIZE when one is set, or give the machine more';
