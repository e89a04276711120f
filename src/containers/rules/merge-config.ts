// The config of a container: what the image says, and over it what the command line asks
// (moby daemon/commit.go merge, daemon/container.go mergeAndVerifyConfig). Pure.
import { TsbuildError } from '../../core/errors.js';
import type { ContainerConfig as ImageContainerConfig } from '../../oci/types.js';
import type { ContainerConfig, Healthcheck } from '../container-record.js';

/** What is asked beside the image. Absent members and empty lists mean that nothing is asked. */
export interface AskedConfig {
  /** Absent takes the image's. An empty list, or one empty text as `--entrypoint ""` gives, takes none. */
  readonly entrypoint?: readonly string[];
  /** Arguments after the image. */
  readonly command?: readonly string[];
  /** `NAME=VALUE`; `NAME` alone removes the variable, also that of the image. */
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  /** As `80/tcp`. */
  readonly exposedPorts?: readonly string[];
  /** Absolute paths in the container. */
  readonly volumes?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly healthcheck?: AskedHealthcheck;
  readonly stopSignal?: string;
}

/** Members that are absent are the image's. */
export type AskedHealthcheck = Partial<Healthcheck>;

/** The members of a container's config that images have too. */
export type MergedConfig = Pick<
  ContainerConfig,
  | 'entrypoint'
  | 'cmd'
  | 'env'
  | 'user'
  | 'workingDir'
  | 'exposedPorts'
  | 'volumes'
  | 'labels'
  | 'healthcheck'
  | 'shell'
  | 'stopSignal'
>;

const DEFAULT_SHELL = ['/bin/sh', '-c'];

/**
 * Texts that neither side gives are empty, but for the shell.
 * @throws TsbuildError OPTION_INVALID `no command specified` when neither side names one; a relative directory
 */
export function mergeConfig(image: ImageContainerConfig, asked: AskedConfig): MergedConfig {
  refuseRelative(asked.workingDir);
  const healthcheck = mergeHealthcheck(image.Healthcheck, asked.healthcheck);
  return {
    ...mergeCommand(image, asked),
    env: mergeEnv(image.Env ?? [], asked.env ?? []),
    user: asked.user || image.User || '',
    workingDir: asked.workingDir || image.WorkingDir || '',
    exposedPorts: union(image.ExposedPorts, asked.exposedPorts),
    volumes: union(image.Volumes, asked.volumes),
    labels: { ...image.Labels, ...asked.labels },
    ...(healthcheck && { healthcheck }),
    shell: image.Shell ?? DEFAULT_SHELL,
    stopSignal: asked.stopSignal || image.StopSignal || '',
  };
}

/** Of an image it is taken from the root, as builds do (moby daemon/container.go verifyContainerConfig). */
function refuseRelative(workingDir: string | undefined): void {
  if (!workingDir || workingDir.startsWith('/')) return;
  throw new TsbuildError(
    'OPTION_INVALID',
    `the working directory '${workingDir}' is invalid, it needs to be an absolute path`,
    { hint: `write /${workingDir}` },
  );
}

/** The program and its arguments. */
export function argvOf({ entrypoint, cmd }: Pick<ContainerConfig, 'entrypoint' | 'cmd'>): readonly string[] {
  return [...entrypoint, ...cmd];
}

/** An entrypoint that is given drops the image's command too; an empty list does not (moby: null and [] differ). */
function mergeCommand(
  image: ImageContainerConfig,
  { entrypoint: given, command = [] }: AskedConfig,
): Pick<MergedConfig, 'entrypoint' | 'cmd'> {
  const isCommandOfImage = (given ?? []).length === 0 && command.length === 0;
  const cmd = isCommandOfImage ? (image.Cmd ?? []) : command;
  const wanted = given ?? image.Entrypoint ?? [];
  const entrypoint = wanted.length === 1 && wanted[0] === '' ? [] : wanted;
  if (entrypoint.length > 0 || cmd.length > 0) return { entrypoint, cmd };
  throw new TsbuildError('OPTION_INVALID', 'no command specified', {
    hint: 'the image names no command: write one after the image',
  });
}

/** The asked ones first, then those of the image whose name is not among them. */
function mergeEnv(image: readonly string[], asked: readonly string[]): readonly string[] {
  const names = new Set(asked.map(nameOf));
  return [...asked, ...image.filter((variable) => !names.has(nameOf(variable)))];
}

function nameOf(variable: string): string {
  return variable.split('=', 1)[0]!;
}

function union(
  image: Readonly<Record<string, object>> = {},
  asked: readonly string[] = [],
): readonly string[] {
  return [...new Set([...Object.keys(image), ...asked])];
}

/** Field by field; 0 and an empty test are as good as not given. */
function mergeHealthcheck(
  image: ImageContainerConfig['Healthcheck'],
  asked: AskedHealthcheck = {},
): Healthcheck | undefined {
  const test = asked.test?.length ? asked.test : (image?.Test ?? []);
  const merged = {
    interval: asked.interval || image?.Interval,
    timeout: asked.timeout || image?.Timeout,
    startPeriod: asked.startPeriod || image?.StartPeriod,
    startInterval: asked.startInterval || image?.StartInterval,
    retries: asked.retries || image?.Retries,
  };
  const given = Object.fromEntries(Object.entries(merged).filter(([, value]) => value));
  return test.length === 0 && Object.keys(given).length === 0 ? undefined : { test, ...given };
}
