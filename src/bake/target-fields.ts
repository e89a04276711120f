// The table of the attributes of a target: how each is read, and what becomes of two of them. Reading, merging,
// printing and the JSON schema are made from it. In the order in which buildx prints them (its bake/bake.go).
import type { TargetKey } from './target-spec.js';

export type FieldForm =
  | 'text'
  | 'flag'
  | 'texts'
  /** Texts by name; null is allowed. */
  | 'map'
  /** Objects, or the CSV of an option. */
  | 'attests'
  | 'caches'
  | 'outputs'
  | 'secrets'
  | 'ssh';

export interface Field {
  readonly key: TargetKey;
  readonly form: FieldForm;
  /** What the later of two does: take the place of the first, be added to it, or win name by name. */
  readonly merge: 'replace' | 'append' | 'by name';
  readonly description: string;
}

export const FIELDS: readonly Field[] = [
  { key: 'description', form: 'text', merge: 'replace', description: 'What the target is for' },
  {
    key: 'inherits',
    form: 'texts',
    merge: 'append',
    description: 'Targets whose attributes this one has, unless it says otherwise',
  },
  { key: 'annotations', form: 'texts', merge: 'append', description: 'OCI annotations, as of --annotation' },
  { key: 'attest', form: 'attests', merge: 'append', description: 'Attestations, as of --attest' },
  {
    key: 'context',
    form: 'text',
    merge: 'replace',
    description: 'Build context: a directory, a git or http(s) URL; default the current directory',
  },
  {
    key: 'contexts',
    form: 'map',
    merge: 'by name',
    description: 'Named contexts, as of --build-context; target:NAME is the image of another target',
  },
  {
    key: 'dockerfile',
    form: 'text',
    merge: 'replace',
    description: 'Path of the Dockerfile, relative to the context',
  },
  { key: 'dockerfile-inline', form: 'text', merge: 'replace', description: 'The Dockerfile itself' },
  { key: 'args', form: 'map', merge: 'by name', description: 'Build arguments' },
  { key: 'labels', form: 'map', merge: 'by name', description: 'Labels of the image' },
  { key: 'tags', form: 'texts', merge: 'replace', description: 'Names of the image' },
  { key: 'cache-from', form: 'caches', merge: 'append', description: 'Caches to read, as of --cache-from' },
  { key: 'cache-to', form: 'caches', merge: 'replace', description: 'Caches to write, as of --cache-to' },
  { key: 'target', form: 'text', merge: 'replace', description: 'Stage to build; default the last one' },
  { key: 'secret', form: 'secrets', merge: 'append', description: 'Secrets, as of --secret' },
  { key: 'ssh', form: 'ssh', merge: 'append', description: 'SSH agents or keys, as of --ssh' },
  { key: 'platforms', form: 'texts', merge: 'replace', description: 'Platforms to build for' },
  { key: 'output', form: 'outputs', merge: 'replace', description: 'Where the result goes, as of --output' },
  { key: 'pull', form: 'flag', merge: 'replace', description: 'Resolve the tags of base images again' },
  { key: 'no-cache', form: 'flag', merge: 'replace', description: 'Do not use the cache' },
  { key: 'network', form: 'text', merge: 'replace', description: 'Network of RUN: default, none or host' },
  { key: 'no-cache-filter', form: 'texts', merge: 'append', description: 'Stages that do not use the cache' },
  { key: 'shm-size', form: 'text', merge: 'replace', description: 'Size of /dev/shm of RUN, such as 64m' },
  { key: 'ulimits', form: 'texts', merge: 'append', description: 'Resource limits of RUN, as of --ulimit' },
  { key: 'resources', form: 'map', merge: 'by name', description: 'Limits of each RUN, as of --resource' },
  {
    key: 'call',
    form: 'text',
    merge: 'replace',
    description: 'build, or check to run the build checks in its place',
  },
  { key: 'entitlements', form: 'texts', merge: 'append', description: 'network.host, security.insecure' },
  {
    key: 'extra-hosts',
    form: 'map',
    merge: 'by name',
    description: 'Lines in /etc/hosts of RUN: addresses by name',
  },
];

const BY_KEY: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.key, field]));

export function findField(key: string): Field | undefined {
  return BY_KEY.get(key);
}
