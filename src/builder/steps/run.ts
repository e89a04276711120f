// RUN: everything the sandbox needs to know is resolved here; the sandbox gets plain data.
import { fromUtf8 } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { runInputs } from '../../cache/step-key.js';
import { lookupUser, type ExecUser } from '../../layer/accounts/lookup-user.js';
import { lookup, setAtEnd, splitVariable } from '../../plan/environment.js';
import type { RunStep } from '../../plan/step.js';
import type { ChainLayer } from '../chain-layer.js';
import { layerRefs } from '../layer-files.js';
import { runCached } from '../run-cached.js';
import type { IndexRef } from '../rootfs/rootfs.js';
import type { StepResult, StepSpec } from '../sandbox/sandbox.js';
import { parentOf, type StageRun } from '../stage-run.js';
import type { StepReporter } from '../step-events.js';
import { bringContent, treeOf } from '../trees.js';
import { contentOfMounts, resolveMounts } from './mounts.js';
import { createStepLog } from './step-log.js';
import { hostsFile, hostResolvConf } from './name-resolution.js';

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

async function runInSandbox(run: StageRun, step: RunStep, reporter: StepReporter): Promise<IndexRef> {
  const { session } = run;
  const spec = await specOf(run, step);
  const [sandbox, layers] = await Promise.all([session.sandbox(), layerRefs(session, run.layers)]);
  const log = createStepLog(session, reporter.id);
  return log.around(async () => {
    const result = await sandbox.run(layers, spec, { onOutput: log.write, signal: session.signal });
    if (result.exitCode !== 0 || !result.layer) throw failure(step, result);
    return result.layer;
  });
}

async function specOf(run: StageRun, step: RunStep): Promise<StepSpec> {
  const { request } = run.session;
  const user = await userOf(run, step.user);
  const mounts = await resolveMounts(run, step);
  const network = step.network === 'none' ? 'none' : 'host';
  return {
    argv: step.argv,
    env: environmentOf(step, user, mounts.env),
    cwd: step.cwd,
    uid: user.uid,
    gid: user.gid,
    groups: user.groups,
    hostname: step.hostname,
    network,
    isInsecure: step.isInsecure,
    mounts: mounts.mounts,
    resolvConf: hostResolvConf(),
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
  const env = [...step.env, ...step.proxyEnv, ...secrets].reduce<readonly string[]>(
    (list, variable) => setAtEnd(list, ...splitVariable(variable)),
    [],
  );
  return lookup(env, 'HOME') ? [...env] : setAtEnd(env, 'HOME', user.home);
}

async function userOf(run: StageRun, user: string): Promise<ExecUser> {
  const view = await treeOf(run.session, run.layers);
  await bringContent(run.session, run.layers, view, [fromUtf8('etc/passwd'), fromUtf8('etc/group')]);
  return lookupUser(view, user);
}

function failure(step: RunStep, result: StepResult): TsbuildError {
  const command = step.argv.join(' ');
  const what = result.isOutOfMemory ? 'cannot allocate memory' : `exit code: ${result.exitCode}`;
  const message = `process ${JSON.stringify(command)} did not complete successfully: ${what}`;
  const hint = result.signal ? `it was killed by ${result.signal}` : undefined;
  return new TsbuildError(result.signal ? 'STEP_KILLED' : 'STEP_EXIT_NONZERO', message, {
    hint,
    location: step.location,
    exitCode: result.exitCode,
  });
}
