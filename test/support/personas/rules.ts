// The rules in which registries differ, as plain data: one row per registry that people push to. Each rule says where
// it was read. `[M]` was measured against the registry, `[K]` is known and was not checked again.
// What is not named in a row is as in `distribution28`.

export interface PersonaRules {
  /** Whether Location names the host. Both are allowed (distribution-spec, "Pushing a blob in chunks"). */
  readonly location: 'absolute' | 'relative';
  /** Whether a session can be used after a body of it was cut. */
  readonly survivesCut: boolean;
  /** The answer to a request for a session that is not there any more. */
  readonly deadSession: number;
  /** `append`: the start of Content-Range is not looked at. */
  readonly patch: 'append' | 'strict' | 'first-only' | 'single';
  readonly patchStatus: number;
  /** A PATCH with a longer Content-Length is answered by 416. */
  readonly maxPatchBytes?: number;
  /** A longer body of any request is answered by 413 before it is read. */
  readonly maxRequestBytes?: number;
  /** The answer to a PUT that carries the blob; undefined when it is taken. */
  readonly putRefusal?: number;
  /** `never`: each mount is answered by a new session. `any`: `from` is not looked at. */
  readonly mount: 'from' | 'any' | 'never';
  /** Repositories are made by their first push, or are there before. */
  readonly creates: boolean;
  /** Actions that a token must have to give up a session. */
  readonly deleteNeeds: 'push' | 'delete' | 'nothing';
  readonly absentManifest: number;
  readonly maxManifestBytes: number;
  /** The answer to a manifest that is longer. */
  readonly longManifest: number;
  /** Media types of configs that are taken; undefined: all. */
  readonly configTypes?: readonly string[];
  /** Media types of manifests that are taken; undefined: all. */
  readonly manifestTypes?: readonly string[];
  readonly subjectMustExist: boolean;
  /**
   * The list of artifacts by their subject. `claimed`: OCI-Subject is sent, and no list given. `page`: a page for
   * browsers is.
   */
  readonly artifacts: 'none' | 'listed' | 'claimed' | 'page';
  /** More bodies at once are answered by 400 BLOB_UPLOAD_INVALID. */
  readonly maxBodiesAtOnce?: number;
  /** Whether answers name the digest. The header is optional in the specification. */
  readonly namesDigest: boolean;
}

const MIB = 1 << 20;

/** Debian's docker-registry 2.8.2 [M]. */
const distribution28: PersonaRules = {
  location: 'absolute',
  // PATCH or PUT cut in the middle: the next request of the session is 404 BLOB_UPLOAD_INVALID [M].
  survivesCut: false,
  deadSession: 404,
  // A PATCH with a wrong start is appended and answered by 202 [M].
  patch: 'append',
  patchStatus: 202,
  // Existing blob 201; missing blob, missing repository or no `from` 202 [M].
  mount: 'from',
  creates: true,
  // containers/image docker_image_dest.go: giving up an upload needs the action `delete`.
  deleteNeeds: 'delete',
  absentManifest: 404,
  // A manifest over 4 MiB: 400 MANIFEST_INVALID, not 413 [M].
  maxManifestBytes: 4 * MIB,
  longManifest: 400,
  subjectMustExist: false,
  // 404 [M].
  artifacts: 'none',
  namesDigest: true,
};

const OCI_MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
];

const PERSONAS = {
  dist28: distribution28,
  // distribution 3.1: registry/handlers/blobupload.go answers 416 to a wrong start; a status can be asked for after a
  // cut.
  dist3: { ...distribution28, patch: 'strict', survivesCut: true },
  gitlab: {
    ...distribution28,
    // ocx-sh/ocx#480: an allow-list of config types, else 400 "unknown media type".
    configTypes: [
      'application/vnd.oci.image.config.v1+json',
      'application/vnd.docker.container.image.v1+json',
      'application/vnd.cncf.helm.config.v1+json',
    ],
    // moby/buildkit#7007: a manifest whose subject is not there is refused.
    subjectMustExist: true,
  },
  ecr: {
    ...distribution28,
    // aws/containers-roadmap#2831: PATCH is answered by 201, and each chunk after the first is dropped in silence.
    patch: 'first-only',
    patchStatus: 201,
    // hashicorp/terraform-provider-aws#46082: mounts are off unless the account opts in; then 202.
    mount: 'never',
    // hashicorp/terraform-provider-aws#45701: no repository is made by a push unless a template says so.
    creates: false,
    // sigstore-js packages/oci/src/image.ts.
    artifacts: 'claimed',
  },
  ghcr: {
    ...distribution28,
    // oras-project/rust-oci-client#37: a PATCH with a Content-Length over 4 MiB is answered by 416.
    maxPatchBytes: 4 * MIB,
    // artifacthub/hub#4785: 303 to a page of github.com.
    artifacts: 'page',
    location: 'relative',
  },
  // containers/skopeo#1101: no chunks: one PUT, or a single PATCH.
  gar: { ...distribution28, patch: 'single' },
  // Azure/acr#866: 416 to a PUT of a session that had a body before; Content-Range must be bare.
  acr: {
    ...distribution28,
    patch: 'strict',
    deadSession: 416,
    location: 'relative',
    artifacts: 'listed',
  },
  // containers/image docker_image_dest.go: no token of Quay has the action `delete`.
  quay: { ...distribution28, deleteNeeds: 'delete', artifacts: 'listed' },
  artifactory: {
    ...distribution28,
    // containerd/containerd#3533: some versions want PATCH. Which status the PUT gets is not told there: [K] 405.
    putRefusal: 405,
    // google/go-containerregistry remote/write.go (RTFACT-13797): 403 for a manifest that is not there.
    absentManifest: 403,
    namesDigest: false,
  },
  // sonatype/nexus-public#967: now and then 400 BLOB_UPLOAD_INVALID at PUT while several uploads run.
  nexus: { ...distribution28, maxBodiesAtOnce: 1 },
  zot: {
    ...distribution28,
    location: 'relative',
    // pkg/api/routes.go: a mount looks for the digest in all repositories.
    mount: 'any',
    patch: 'strict',
    deadSession: 404,
    deleteNeeds: 'nothing',
    artifacts: 'listed',
    // pkg/api/routes.go: docker's media types are 415 without `compat`.
    manifestTypes: OCI_MANIFESTS,
    longManifest: 413,
  },
  // cloudflare/serverless-registry#67, containers/podman#24919: 413 and a page of HTML over 100 MB a request.
  cloudflare: { ...distribution28, maxRequestBytes: 100_000_000 },
} as const satisfies Record<string, PersonaRules>;

export type PersonaName = keyof typeof PERSONAS;

export const PERSONA_NAMES = Object.keys(PERSONAS) as readonly PersonaName[];

export function rulesOf(name: PersonaName): PersonaRules {
  return PERSONAS[name];
}
