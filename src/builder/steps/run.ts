// RUN: everything the sandbox needs to know is resolved here; the sandbox gets plain data.
import type { StoredLayer } from '../../store/stored-layer.js';
import { TsbuildError } from '../../core/errors.js';
import { runInputs } from '../../cache/step-key.js';
import { ACCOUNT_FILES } from '../../layer/accounts/account-files.js';
import { lookupUser, type ExecUser } from '../../layer/accounts/lookup-user.js';
import { listOf, variablesOf } from '../../plan/environment.js';
import type { RunStep } from '../../plan/step.js';
import type { ChainLayer } from '../../images/chain-layer.js';
import { layerRefs } from '../../images/layer-files.js';
import { runCached } from '../../cache/run-cached.js';
import { prepareToName } from '../../store/image-names.js';
import type { StepNetworks } from '../../sandbox/network/step-networks.js';
import type { StepResult, StepSpec } from '../../sandbox/sandbox.js';
import { parentOf, type StageRun } from '../stage-run.js';
import type { StepReporter } from '../../core/step-events.js';
import { bringContent, lookupTreeOf } from '../../images/trees.js';
import { unpackAhead } from '../../images/unpack-ahead.js';
import { contentOfMounts, resolveMounts } from './mounts.js';
import { createStepLog } from './step-log.js';
import { hostsFile, stepResolvConf } from './name-resolution.js';

const DEFAULT_SHM_BYTES = 64 << 20;

export async function executeRun(run: StageRun, step: RunStep, reporter: StepReporter): Promise<ChainLayer> {
  const { request } = run.session;
  const inputs = runInputs(step, parentOf(run), {
    mountContents: await contentOfMounts(run, step.mounts),
    addHosts: (request.addHosts ?? []).map(({ host }) => host),
    ulimits: (request.ulimits ?? []).map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    shmSizeBytes: request.shmSizeBytes,
  });
  const make = () => runInSandbox(run, step, reporter);
  return runCached(run.session, { inputs, isCacheIgnored: step.isCacheIgnored, reporter, make });
}

async function runInSandbox(run: StageRun, step: RunStep, reporter: StepReporter): Promise<StoredLayer> {
  const { session } = run;
  run.lookAhead();
  session.prepareSandbox();
  unpackAhead(session, run.layers);
  const spec = await specOf(run, step);
  const [sandbox, layers] = await Promise.all([session.sandbox(), layerRefs(session, run.layers)]);
  const log = createStepLog(session, reporter.id);
  return log.around(async () => {
    let hasSpoken = false;
    const onOutput = (stream: 1 | 2, data: Uint8Array): void => {
      hasSpoken = true;
      log.write(stream, data);
    };
    const io = { onOutput, signal: session.signal };
    const { networks } = sandbox;
    const attempt = async () => {
      const running = sandbox.run(layers, { ...spec, ...connectionOf(step, networks) }, io);
      running.catch(() => undefined);
      // The front only waits for the step, so this costs no time here.
      session.contexts.save();
      if (session.request.tags?.length) await session.once('prepare to name', prepareToName);
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
  const { request } = run.session;
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
  const view = await lookupTreeOf(run.session, run.layers);
  await bringContent(run.session, run.layers, view, ACCOUNT_FILES);
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
