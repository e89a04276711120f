// What is said of the images of a build beside them: its provenance and its SBOM. Made when the first output asks for
// them, once for each image.
import { randomBytes } from 'node:crypto';
import { packageUrl } from './attestation/package-url.js';
import { provenanceClaim, provenanceV1 } from './attestation/provenance.js';
import { metadataProvenance } from './attestation/provenance-v02.js';
import { SPDX_PREDICATE, statementBytes, type Claim, type Subject } from './attestation/statement.js';
import type { BuildFacts } from './attestation/build-facts.js';
import type { PlannedPlatform } from './build-platforms.js';
import type { Definition } from './context/load-definition.js';
import { createOnce } from './core/once.js';
import type { Digest } from './core/digest.js';
import { VERSION } from './core/version.js';
import { attestationDocuments, type Attest } from './export/attestation-documents.js';
import type { Image } from './images/image.js';
import { platformOfDescriptor } from './oci/descriptor.js';
import { formatPlatform, type Platform } from './oci/platform.js';
import type { ImageManifest } from './oci/types.js';
import { metadataMode } from './metadata-mode.js';
import { factsOfBuild } from './provenance-facts.js';

export interface ClaimsInput {
  /** One for each image. */
  readonly planned: readonly PlannedPlatform[];
  readonly definition: Pick<Definition, 'file' | 'text'>;
  /** Seconds since the epoch. */
  readonly startedOn: number;
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A claim as a file beside the files of an image. */
export interface NamedClaim extends Claim {
  /** `provenance.json` */
  readonly file: string;
}

export interface BuildClaims {
  /** @throws TsbuildError SECRET_LEAKED, OUTPUT_FAILED, STORE_*, ABORTED, as all do */
  readonly attest: Attest;
  /** In BuildKit's order. */
  of(image: Image): Promise<readonly NamedClaim[]>;
  /** Members of a metadata file; none when it is to have none. */
  metadata(): Promise<Readonly<Record<string, object>>>;
}

export function createClaims(input: ClaimsInput): BuildClaims {
  const { planned, names } = input;
  const [{ tools }] = planned as readonly [PlannedPlatform];
  const { request, secretScan } = tools;
  const invocationId = randomBytes(16).toString('hex');
  const facts = createOnce<PlannedPlatform, BuildFacts>();
  const sboms = createOnce<Digest, NamedClaim>();
  let finishedOn: number | undefined;

  function factsOf(one: PlannedPlatform): Promise<BuildFacts> {
    finishedOn ??= tools.now();
    const occasion = { ...input, invocationId, finishedOn };
    return facts(one, () => factsOfBuild(one.tools, one.plan, occasion));
  }

  async function provenanceOf(platform: Platform): Promise<readonly NamedClaim[]> {
    const { provenance } = request;
    if (!provenance) return [];
    const known = await factsOf(plannedFor(planned, platform));
    const claim = provenanceClaim(known, provenance);
    // The Dockerfile is in it in base64, where no scan sees it.
    const { text } = known.dockerfile;
    secretScan?.data([claim.predicate, provenance.mode === 'max' ? text : ''], 'the provenance');
    return [{ ...claim, file: 'provenance.json' }];
  }

  async function sbomOf(image: Image, bytes: Uint8Array, digest: Digest): Promise<readonly NamedClaim[]> {
    if (request.isSbomWanted !== true) return [];
    const created = image.config.created ?? new Date(tools.now() * 1000).toISOString();
    const make = (): Promise<NamedClaim> => makeSbom(input, { image, bytes, digest, created });
    return [await sboms(digest, make)];
  }

  return {
    async attest(image, { manifest, manifestBytes }, platform) {
      const claims = [
        ...(await sbomOf(image, manifestBytes, manifest.digest)),
        ...(await provenanceOf(platform)),
      ];
      const subjects = names.map((name): Subject => ({
        name: packageUrl('docker', name, platform),
        digest: manifest.digest,
      }));
      const statements = claims.map((claim) => ({
        predicateType: claim.predicateType,
        bytes: statementBytes(claim, subjects),
      }));
      return attestationDocuments(manifest, statements, request.areAttestationsArtifacts !== false);
    },
    async of(image) {
      const { manifestBytes, manifest, config } = image;
      const sbom = await sbomOf(image, manifestBytes, manifest.digest);
      return [...sbom, ...(await provenanceOf(platformOfDescriptor(config)))];
    },
    async metadata() {
      const mode = metadataMode(request, input.env);
      if (!mode) return {};
      const rows = planned.map(async (one) => {
        const predicate = provenanceV1(await factsOf(one), request.provenance ?? { mode: 'min' });
        secretScan?.data(predicate, 'the provenance');
        const platform = planned.length > 1 ? `/${formatPlatform(one.tools.targetPlatform)}` : '';
        return [`buildx.build.provenance${platform}`, metadataProvenance(predicate, mode)] as const;
      });
      return Object.fromEntries(await Promise.all(rows));
    },
  };
}

/** The only one, whatever platform its base turned out to be for. */
function plannedFor(planned: readonly PlannedPlatform[], platform: Platform): PlannedPlatform {
  const wanted = formatPlatform(platform);
  const found = planned.find(({ tools }) => formatPlatform(tools.targetPlatform) === wanted);
  return found ?? planned[0]!;
}

interface SbomSource {
  readonly image: Image;
  /** Manifest, as it is exported. */
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** RFC 3339. */
  readonly created: string;
}

async function makeSbom(
  { planned, names: [name] }: ClaimsInput,
  { image, bytes, digest, created }: SbomSource,
): Promise<NamedClaim> {
  const { sbomOfTree } = await import('./sbom/sbom-of-tree.js');
  const [{ tools }] = planned as readonly [PlannedPlatform];
  const { trees, signal, secretScan } = tools;
  const { layers, config } = image;
  const view = await trees.whole(layers);
  const exported = JSON.parse(Buffer.from(bytes).toString('utf8')) as ImageManifest;
  const predicate = await sbomOfTree({
    view,
    bringContent: (paths) => trees.bringContent(layers, view, paths),
    image: {
      ...(name !== undefined && { name }),
      manifest: digest,
      architecture: config.architecture,
      layers: layers.map(({ diffId }, place) => ({ diffId, digest: exported.layers[place]!.digest })),
    },
    created,
    version: VERSION,
    signal,
  });
  secretScan?.data(predicate, 'the SBOM');
  return { predicateType: SPDX_PREDICATE, predicate, file: 'sbom.spdx.json' };
}
