// The config of a container: what the image says, and over it what the command line asks
// (moby daemon/commit.go merge, daemon/container.go mergeAndVerifyConfig). Pure.
import { TsbuildError } from '../../core/errors.js';
import type { ContainerConfig, Healthcheck } from '../../oci/types.js';

/** What is asked beside the image. Absent members and empty lists mean that nothing is asked. */
export interface AskedConfig {
  /** Absent takes the image's. An empty list, or one empty text as `--entrypoint ""` gives, takes none. */
  readonly entrypoint?: readonly string[];
  /** Arguments after the image. */
  readonly command?: readonly string[];
  /** `NAME=VALUE`; `NAME` alone removes the variable, also that of the image. */
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDirectory?: string;
  /** As `80/tcp`. */
  readonly exposedPorts?: readonly string[];
  /** Absolute paths in the container. */
  readonly volumes?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly healthcheck?: Healthcheck;
  readonly stopSignal?: string;
}

/**
 * The members are those of an image's config, so that `commit` can make an image of them.
 * @throws TsbuildError OPTION_INVALID `no command specified` when neither side names one
 */
export function mergeConfig(image: ContainerConfig, asked: AskedConfig): ContainerConfig {
  const { entrypoint, command } = mergeCommand(image, asked);
  const user = asked.user || image.User;
  const workingDirectory = asked.workingDirectory || image.WorkingDir;
  const stopSignal = asked.stopSignal || image.StopSignal;
  const healthcheck = mergeHealthcheck(image.Healthcheck, asked.healthcheck);
  return {
    ...(user && { User: user }),
    ...members('ExposedPorts', { ...image.ExposedPorts, ...emptyObjects(asked.exposedPorts) }),
    Env: mergeEnv(image.Env ?? [], asked.env ?? []),
    Entrypoint: entrypoint,
    Cmd: command,
    ...members('Volumes', { ...image.Volumes, ...emptyObjects(asked.volumes) }),
    ...(workingDirectory && { WorkingDir: workingDirectory }),
    Labels: { ...image.Labels, ...asked.labels },
    ...(stopSignal && { StopSignal: stopSignal }),
    ...(healthcheck && { Healthcheck: healthcheck }),
    ...(image.Shell && { Shell: image.Shell }),
    ...(image.OnBuild && { OnBuild: image.OnBuild }),
  };
}

/** The program and its arguments: entrypoint and command. */
export function argvOf({ Entrypoint, Cmd }: ContainerConfig): readonly string[] {
  return [...(Entrypoint ?? []), ...(Cmd ?? [])];
}

function mergeCommand(
  image: ContainerConfig,
  asked: AskedConfig,
): { readonly entrypoint: readonly string[] | null; readonly command: readonly string[] | null } {
  const given = asked.entrypoint ?? [];
  const isCommandOfImage = given.length === 0 && (asked.command ?? []).length === 0;
  const command = isCommandOfImage ? (image.Cmd ?? null) : (asked.command ?? []);
  const wanted = asked.entrypoint ?? image.Entrypoint ?? [];
  const entrypoint = wanted.length === 0 || isOneEmptyText(wanted) ? null : wanted;
  if (entrypoint === null && (command ?? []).length === 0)
    throw new TsbuildError('OPTION_INVALID', 'no command specified', {
      hint: 'the image names no command: write one after the image',
    });
  return { entrypoint, command: command?.length === 0 ? null : command };
}

function isOneEmptyText(texts: readonly string[]): boolean {
  return texts.length === 1 && texts[0] === '';
}

/** The asked ones first, then those of the image whose name is not among them. */
function mergeEnv(image: readonly string[], asked: readonly string[]): readonly string[] {
  const names = new Set(asked.map(nameOf));
  return [...asked, ...image.filter((variable) => !names.has(nameOf(variable)))];
}

function nameOf(variable: string): string {
  return variable.split('=', 1)[0]!;
}

/** Field by field; what is 0 or empty is not given. `--no-healthcheck` is the test `NONE`. */
function mergeHealthcheck(
  image: Healthcheck | undefined,
  asked: Healthcheck | undefined,
): Healthcheck | undefined {
  if (!image || !asked) return asked ?? image;
  const given = Object.entries(asked).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value,
  );
  return { ...image, ...Object.fromEntries(given) };
}

function emptyObjects(keys: readonly string[] = []): Readonly<Record<string, object>> {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}

function members<Name extends string>(
  name: Name,
  table: Readonly<Record<string, object>>,
): { readonly [N in Name]?: Readonly<Record<string, object>> } {
  return Object.keys(table).length === 0 ? {} : ({ [name]: table } as Record<Name, typeof table>);
}
