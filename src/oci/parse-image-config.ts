// The config of an image from outside (config.md of the OCI image specification, with Docker's extensions): hostile
// until checked. Pure.
// Invariant: every member that this project reads has the type that types.ts says; null counts as absent, as in Go, and
// unknown members are nobody's business.
import { parseDigest, type DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import type { ContainerConfig, HistoryEntry, ImageConfig } from './types.js';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isNumber: Check = (value) => Number.isSafeInteger(value);
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isTextMap: Check = (value) => isFields(value) && Object.values(value).every(isText);
/** Go's `map[string]struct{}`. */
const isSet: Check = (value) =>
  isFields(value) && Object.values(value).every((item) => item === null || isFields(item));
const isTime: Check = (value) =>
  typeof value === 'string' && RFC3339.test(value) && !Number.isNaN(Date.parse(value));

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const HEALTHCHECK: Readonly<Record<string, Check>> = {
  Test: isTexts,
  Interval: isNumber,
  Timeout: isNumber,
  StartPeriod: isNumber,
  StartInterval: isNumber,
  Retries: isNumber,
};

const CONTAINER: Readonly<Record<keyof ContainerConfig, Check>> = {
  User: isText,
  ExposedPorts: isSet,
  Env: isTexts,
  Entrypoint: isTexts,
  Cmd: isTexts,
  Volumes: isSet,
  WorkingDir: isText,
  Labels: isTextMap,
  StopSignal: isText,
  ArgsEscaped: isFlag,
  Healthcheck: (value) => isFields(value) && wrongMember(value, HEALTHCHECK) === undefined,
  Shell: isTexts,
  OnBuild: isTexts,
};

const HISTORY: Readonly<Record<keyof HistoryEntry, Check>> = {
  created: isTime,
  created_by: isText,
  author: isText,
  comment: isText,
  empty_layer: isFlag,
};

const IMAGE: Readonly<Record<string, Check>> = {
  created: isTime,
  author: isText,
  architecture: isText,
  os: isText,
  'os.version': isText,
  'os.features': isTexts,
  variant: isText,
};

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongMember(value: Fields, checks: Readonly<Record<string, Check>>): string | undefined {
  return Object.keys(checks).find((name) => value[name] != null && !checks[name]!(value[name]));
}

/** Members that are null are left out. */
function present(value: Fields): Fields {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

/**
 * @param bytes the document as it came
 * @param what for messages: the name of the image
 * @throws TsbuildError REGISTRY_PROTOCOL naming the member that is wrong
 */
export function parseImageConfig(bytes: Uint8Array, what: string): ImageConfig {
  const invalid = (why: string, cause?: unknown) =>
    new TsbuildError('REGISTRY_PROTOCOL', `${what}: the image config ${why}`, { cause });
  const fieldsOf = (value: unknown, name: string, checks: Readonly<Record<string, Check>>): Fields => {
    if (!isFields(value)) throw invalid(`has a bad ${name}`);
    const wrong = wrongMember(value, checks);
    if (wrong !== undefined) throw invalid(`has a bad ${name === '' ? wrong : `${name}.${wrong}`}`);
    return present(value);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid('is not JSON', error);
  }
  if (!isFields(parsed)) throw invalid('is not a JSON object');
  const image = fieldsOf(parsed, '', IMAGE);
  const { config, history = [], rootfs = {} } = image;
  const { diff_ids: diffIds = [] } = fieldsOf(rootfs, 'rootfs', { diff_ids: isTexts });
  if (!Array.isArray(history)) throw invalid('has a bad history');
  return {
    ...image,
    architecture: textOf(image['architecture']),
    // As containerd's platforms.Normalize.
    os: textOf(image['os']) || 'linux',
    ...(config === undefined ? {} : { config: fieldsOf(config, 'config', CONTAINER) }),
    history: history.map((entry) => fieldsOf(entry, 'history', HISTORY)),
    rootfs: {
      type: 'layers',
      diff_ids: (diffIds as readonly unknown[]).map((id) => parseDigest(id, `${what}: diff id`) as DiffId),
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
