// Manifests of a persona: taken when what they name is there and their types are allowed.
import { sha256 } from '../fake-registry.js';
import { answerWith, readBody, refuse, type Call } from './call.js';
import type { Repositories, Repository } from './repositories.js';
import type { PersonaRules } from './rules.js';

interface ManifestFields {
  readonly config?: { readonly mediaType: string; readonly digest: string };
  readonly layers?: readonly { readonly digest: string; readonly urls?: readonly string[] }[];
  readonly manifests?: readonly { readonly digest: string }[];
  readonly subject?: { readonly digest: string };
  readonly artifactType?: string;
  readonly annotations?: object;
}

interface Fault {
  readonly status: number;
  readonly code: string;
}

/** Why the manifest is not taken. */
function faultOf(
  rules: PersonaRules,
  repository: Repository,
  { type, bytes }: { readonly type: string; readonly bytes: Buffer },
): Fault | undefined {
  if (bytes.length > rules.maxManifestBytes) return { status: rules.longManifest, code: 'MANIFEST_INVALID' };
  if (rules.manifestTypes?.includes(type) === false) return { status: 415, code: 'MANIFEST_INVALID' };
  const { config, layers = [], manifests = [], subject } = JSON.parse(bytes.toString()) as ManifestFields;
  if (config && rules.configTypes?.includes(config.mediaType) === false)
    return { status: 400, code: 'UNKNOWN_MEDIA_TYPE' };
  const needed = [...(config ? [config] : []), ...layers.filter(({ urls }) => urls === undefined)];
  const hasAll =
    needed.every(({ digest }) => repository.blobs.has(digest)) &&
    manifests.every(({ digest }) => repository.manifests.has(digest));
  if (!hasAll) return { status: 400, code: 'MANIFEST_BLOB_UNKNOWN' };
  const hasSubject = subject === undefined || repository.manifests.has(subject.digest);
  return rules.subjectMustExist && !hasSubject ? { status: 400, code: 'MANIFEST_INVALID' } : undefined;
}

export async function answerManifest(
  call: Call,
  rules: PersonaRules,
  kept: Repositories,
  { repository: name, reference }: { readonly repository: string; readonly reference: string },
): Promise<void> {
  const named = (digest: string): Record<string, string> =>
    rules.namesDigest ? { 'docker-content-digest': digest } : {};
  if (call.log.method !== 'PUT') {
    const found = kept.find(name)?.manifests.get(reference);
    if (found === undefined) return refuse(call, rules.absentManifest, 'MANIFEST_UNKNOWN');
    const headers = { 'content-type': found.type, 'content-length': found.bytes.length };
    return answerWith(call, 200, { ...headers, ...named(sha256(found.bytes)) }, found.bytes);
  }
  const bytes = await readBody(call);
  if (bytes === undefined) return;
  const manifest = { bytes, type: call.log.contentType ?? '' };
  const repository = kept.find(name) ?? (rules.creates ? kept.create(name) : undefined);
  if (repository === undefined) return refuse(call, 404, 'NAME_UNKNOWN');
  const fault = faultOf(rules, repository, manifest);
  if (fault) return refuse(call, fault.status, fault.code);
  const digest = sha256(bytes);
  for (const key of [digest, reference]) repository.manifests.set(key, manifest);
  const { subject } = JSON.parse(bytes.toString()) as ManifestFields;
  const isTold = subject && (rules.artifacts === 'listed' || rules.artifacts === 'claimed');
  const told = isTold ? { 'oci-subject': subject.digest } : {};
  answerWith(call, 201, { location: `/v2/${name}/manifests/${digest}`, ...named(digest), ...told });
}

/** The list of the artifacts of a manifest. */
export function answerArtifacts(
  call: Call,
  rules: PersonaRules,
  kept: Repositories,
  { repository, subject }: { readonly repository: string; readonly subject: string },
): void {
  if (rules.artifacts === 'page')
    return answerWith(call, 200, { 'content-type': 'text/html' }, '<html>github.com</html>');
  if (rules.artifacts !== 'listed') return refuse(call, 404, 'NOT_FOUND');
  const all = [...(kept.find(repository)?.manifests ?? [])].filter(([key]) => key.startsWith('sha256:'));
  const manifests = all.flatMap(([digest, { type, bytes }]) => {
    const fields = JSON.parse(bytes.toString()) as ManifestFields;
    if (fields.subject?.digest !== subject) return [];
    const { artifactType, annotations } = fields;
    return [{ mediaType: type, digest, size: bytes.length, artifactType, annotations }];
  });
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
  answerWith(call, 200, { 'content-type': mediaType }, body);
}
