// RUN: everything the sandbox needs to know is resolved here; the sandbox gets plain data.
import type { StoredLayer } from '../../store/stored-layer.js';
import { fromUtf8 } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { runInputs } from '../../cache/step-key.js';
import { lookupUser, type ExecUser } from '../../layer/accounts/lookup-user.js';
import { listOf, variablesOf } from '../../plan/environment.js';
import type { RunStep } from '../../plan/step.js';
import type { Layer } from '../../images/layer.js';
import { runCached } from '../../cache/run-cached.js';
import type { StepNetworks } from '../../sandbox/network/default-network.js';
import type { StepResult, StepSpec } from '../../sandbox/sandbox.js';
import { prepareToName } from '../../store/image-names.js';
import { parentOf, startUnpacking, storedLayers, type StageRun } from '../stage-run.js';
import type { StepReporter } from '../../core/step-events.js';
import { contentOfMounts, resolveMounts } from './mounts.js';
import { createStepLog } from './step-log.js';
import { hostsFile, stepResolvConf } from './name-resolution.js';

const DEFAULT_SHM_BYTES = 64 << 20;

export async function executeRun(run: StageRun, step: RunStep, reporter: StepReporter): Promise<Layer> {
  const { request } = run.tools;
  const inputs = runInputs(step, parentOf(run), {
    mountContents: await contentOfMounts(run, step.mounts),
    addHosts: (request.addHosts ?? []).map(({ host }) => host),
    ulimits: (request.ulimits ?? []).map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    shmSizeBytes: request.shmSizeBytes,
  });
  const make = () => runInSandbox(run, step, reporter);
  const where = () => run.placeOf(step);
  return runCached(run.tools.stepCache, {
    inputs,
    isCacheIgnored: step.isCacheIgnored,
    where,
    reporter,
    make,
  });
}

async function runInSandbox(run: StageRun, step: RunStep, reporter: StepReporter): Promise<StoredLayer> {
  const { tools } = run;
  run.lookAhead();
  tools.sandbox.prepare();
  startUnpacking(run);
  const spec = await specOf(run, step);
  const [sandbox, layers] = await Promise.all([tools.sandbox.get(), storedLayers(run, run.layers)]);
  const log = createStepLog(tools, reporter.id);
  return log.around(async () => {
    let hasSpoken = false;
    const onOutput = (stream: 1 | 2, data: Uint8Array): void => {
      hasSpoken = true;
      log.write(stream, data);
    };
    const io = { onOutput, signal: tools.signal };
    const { networks } = sandbox;
    const attempt = async () => {
      const running = sandbox.run(layers, { ...spec, ...connectionOf(step, networks) }, io);
      running.catch(() => undefined);
      // The front only waits for the step, so this costs no time here.
      tools.contexts.save();
      if (tools.request.tags?.length) await prepareToName();
      return running;
    };
    const result = await attempt().catch((error: unknown) => {
      // The network tool starts when the command asks for its first socket. The tool failed, so the command was ended
      // before it reached anybody. Its files are gone with its upper directory: it can start once more. What it wrote
      // to cache mounts stays, as after every build that is stopped.
      if (isUnconnected(error) && networks.giveUp(error, { isSaidAgain: hasSpoken })) return attempt();
      throw error;
    });
    if (result.exitCode !== 0 || !result.layer) throw failure(step, result);
    return result.layer;
  });
}

function isUnconnected(error: unknown): error is TsbuildError {
  return error instanceof TsbuildError && error.code === 'SANDBOX_NO_NETWORK';
}

type Connection = Pick<StepSpec, 'network' | 'resolvConf'>;

function connectionOf(step: RunStep, networks: StepNetworks): Connection {
  const network = step.network === 'default' ? networks.ofDefault() : step.network;
  return { network, resolvConf: stepResolvConf(network, networks.forwarder) };
}

async function specOf(run: StageRun, step: RunStep): Promise<Omit<StepSpec, keyof Connection>> {
  const { request } = run.tools;
  const user = await userOf(run, step.user);
  const mounts = await resolveMounts(run, step);
  return {
    areContentsHashed: run.isSource,
    argv: step.argv,
    env: environmentOf(step, user, mounts.env),
    cwd: step.cwd,
    uid: user.uid,
    gid: user.gid,
    groups: user.groups,
    hostname: step.hostname,
    isInsecure: step.isInsecure,
    mounts: mounts.mounts,
    hosts: hostsFile(step.hostname, request.addHosts ?? []),
    files: step.script
      ? [{ path: `/dev/pipes/${step.script.name}`, content: Buffer.from(step.script.content), mode: 0o755 }]
      : [],
    ulimits: request.ulimits ?? [],
    shmSizeBytes: request.shmSizeBytes ?? DEFAULT_SHM_BYTES,
  };
}

/** Config and ARGs, proxies, secrets; HOME as the runtime sets it when it is missing or empty. */
function environmentOf(step: RunStep, user: ExecUser, secrets: readonly string[]): string[] {
  const env = variablesOf([...step.env, ...step.proxyEnv, ...secrets]);
  return listOf(env.get('HOME') ? env : env.with([['HOME', user.home]]));
}

async function userOf(run: StageRun, user: string): Promise<ExecUser> {
  const view = await run.tools.trees.lookup(run.layers);
  await run.tools.trees.bringContent(run.layers, view, [fromUtf8('etc/passwd'), fromUtf8('etc/group')]);
  return lookupUser(view, user);
}

function failure(step: RunStep, result: StepResult): TsbuildError {
  const command = step.argv.join(' ');
  const what = result.isOutOfMemory ? 'cannot allocate memory' : `exit code: ${result.exitCode}`;
  const message = `process ${JSON.stringify(command)} did not complete successfully: ${what}`;
  const hint = result.signal ? `it was killed by ${result.signal}` : result.hint;
  return new TsbuildError(result.signal ? 'STEP_KILLED' : 'STEP_EXIT_NONZERO', message, {
    hint,
    location: step.location,
    exitCode: result.exitCode,
  });
}
