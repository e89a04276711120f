// What a caller asks for. The same shape for the CLI and for code: `build(request)`.
import type { Platform } from '../oci/platform.js';

/** A secret for RUN --mount=type=secret. Exactly one of the three sources. */
export type SecretSource =
  | { readonly id: string; readonly file: string }
  | { readonly id: string; readonly env: string }
  | { readonly id: string; readonly value: Uint8Array };

/** An agent socket or PEM keys for RUN --mount=type=ssh. No paths = the agent of SSH_AUTH_SOCK. */
export interface SshSource {
  readonly id: string;
  readonly paths: readonly string[];
}

export type Compression = 'uncompressed' | 'gzip' | 'zstd';

/** How an image is written where others read it. */
export interface ImageForm {
  /** Of layers made here. Default gzip; uncompressed for `docker`. */
  readonly compression?: Compression;
  readonly compressionLevel?: number;
  /** Layers of the base are compressed anew too. Default false: they stay the bytes that they are. */
  readonly forceCompression?: boolean;
  /** File times after SOURCE_DATE_EPOCH become it. */
  readonly rewriteTimestamp?: boolean;
  /** As `BuildRequest.annotations`, for this output alone. */
  readonly annotations?: readonly string[];
}

/** An image in the store; with `push` in registries too. */
export interface ImageOutput extends ImageForm {
  readonly type: 'image';
  /** To be pushed to beside the tags of the request; not kept in the store. */
  readonly names?: readonly string[];
  /** To the repositories of all names. */
  readonly push?: boolean;
  /** Under its digest alone: no name may have a tag. */
  readonly pushByDigest?: boolean;
  /** Plain http, and certificates that nobody vouches for, will do. */
  readonly insecure?: boolean;
  /** False when the tags of the request are for the push alone. Default true. */
  readonly store?: boolean;
  /** False for the media types of docker's schema 2. Default true. */
  readonly ociMediaTypes?: boolean;
}

/** How files are written. */
export interface FilesForm {
  /** Each platform in a folder of its own, such as `linux_arm64`. Default: when there are several. */
  readonly platformSplit?: boolean;
}

/** `dest` is a path, or `-` for standard output. */
export type OutputRequest =
  | (ImageForm & {
      readonly type: 'oci' | 'docker';
      readonly dest: string;
      /** False for a directory. Default true. */
      readonly tar?: boolean;
    })
  /** Into a container engine of this machine; without `engine` into the first that answers. */
  | (ImageForm & {
      readonly type: 'docker';
      readonly dest?: undefined;
      readonly tar?: undefined;
      readonly engine?: 'docker' | 'podman' | 'nerdctl';
    })
  | (FilesForm & { readonly type: 'local' | 'tar'; readonly dest: string })
  | ImageOutput
  | { readonly type: 'cacheonly' };

export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** As `--resource` of buildx has them; needs a delegated control group of version 2. */
export interface StepResources {
  readonly memoryBytes?: number;
  /** Memory and swap together, -1 for unlimited swap. */
  readonly memorySwapBytes?: number;
  /** May be a fraction. Not together with `cpuQuota`. */
  readonly cpus?: number;
  /** 2 to 262144, 1024 is the usual share. */
  readonly cpuShares?: number;
  /** Microseconds. */
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  /** `0-2,5` */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** Processes and threads. */
  readonly pids?: number;
}

/** A place that a cache is carried in; paths are relative to the caller's directory. */
export type CachePlace =
  | {
      readonly type: 'registry';
      /** `registry.example/app-cache:main`; the tag is the scope when there is one. */
      readonly ref: string;
      /** Plain http, and certificates that nobody vouches for, will do. */
      readonly insecure?: boolean;
    }
  /** Beside the first image that is pushed: its tag and `-cache`. */
  | { readonly type: 'inline' }
  /** An OCI image layout. */
  | { readonly type: 'local'; readonly path: string; readonly tag?: string; readonly digest?: string }
  | {
      readonly type: 's3';
      readonly bucket: string;
      readonly region?: string;
      /** A server that speaks S3, when it is not AWS. */
      readonly endpointUrl?: string;
      readonly usePathStyle?: boolean;
      readonly prefix?: string;
      readonly blobsPrefix?: string;
      readonly manifestsPrefix?: string;
      readonly accessKeyId?: string;
      readonly secretAccessKey?: string;
      readonly sessionToken?: string;
    }
  /** The cache of GitHub Actions. */
  | { readonly type: 'gha'; readonly url?: string; readonly token?: string };

/** A cache that is read. What cannot be had of it is a miss, and no failure. */
export interface CacheFrom {
  readonly place: CachePlace;
  /** The first that has a record decides. Default: `main`, or the tag of a `registry` place. */
  readonly scopes?: readonly string[];
  /** PEM file of an ed25519 public key: packs without its signature are not read. */
  readonly verifyKey?: string;
}

/** A cache that is written after the image was exported. */
export interface CacheTo {
  readonly place: CachePlace;
  readonly scope?: string;
  /** `min`: steps whose layers are in the image. `max`: all steps. Default min. */
  readonly mode?: 'min' | 'max';
  /** False: a cache that cannot be written fails the build. Default true. */
  readonly ignoreError?: boolean;
  /** Default: a tenth of the time of the build, and at least 15 s. */
  readonly timeoutSeconds?: number;
  /** Of all layers of the pack, compressed. Default 5 GiB. */
  readonly maxBytes?: number;
  /** Cache mounts are carried too. Default false. */
  readonly mounts?: boolean;
  /** Of all cache mounts, compressed. Default 1 GiB. */
  readonly mountsMaxBytes?: number;
  /** PEM file of an ed25519 private key. */
  readonly signKey?: string;
  readonly compression?: Compression;
  readonly compressionLevel?: number;
  readonly forceCompression?: boolean;
}

/** How the build is described beside the image (SLSA provenance v1). */
export interface ProvenanceRequest {
  /** `max` tells the values of build arguments. */
  readonly mode: 'min' | 'max';
  readonly builderId?: string;
  readonly version?: 'v1' | 'v0.2';
  readonly reproducible?: boolean;
}

/** How what is pushed is signed: by a key, or without one by a certificate that sigstore gives for an identity. */
export interface SigningRequest {
  /** A PEM file of a private key of the curve P-256, or `env://NAME`. */
  readonly key?: string;
  readonly keyless?: boolean;
  /** Of a sigstore of one's own. */
  readonly fulcioUrl?: string;
  readonly rekorUrl?: string;
}

export interface BuildRequest {
  /** A directory, a git or http(s) URL, or `-` for a tar (or a Dockerfile) on `stdin`. */
  readonly context: string;
  /** Path of the Dockerfile, `-` for `stdin`; default `Dockerfile` in the context, then `dockerfile`. */
  readonly dockerfile?: string;
  /** The Dockerfile itself; wins over `dockerfile`. */
  readonly dockerfileText?: string;
  /** Named contexts: directory, `docker-image://`, `oci-layout://`, git or http(s) URL. */
  readonly buildContexts?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly target?: string;
  readonly platform?: Platform;
  /** The image is an index of one image for each, in this order. Not together with `platform`. */
  readonly platforms?: readonly Platform[];
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: readonly string[];
  readonly noCache?: boolean;
  /** Names of the stages that must not use the cache. */
  readonly noCacheFilter?: readonly string[];
  /** Resolve tags again although they are known. */
  readonly pull?: boolean;
  readonly secrets?: readonly SecretSource[];
  readonly isSecretScanOff?: boolean;
  readonly ssh?: readonly SshSource[];
  /** `pasta` and `slirp4netns`: as `default`, connected by this tool and no other. */
  readonly network?: 'default' | 'none' | 'host' | 'pasta' | 'slirp4netns';
  /** `host:ip` lines for /etc/hosts of every RUN. */
  readonly addHosts?: readonly { readonly host: string; readonly ip: string }[];
  readonly ulimits?: readonly Ulimit[];
  readonly shmSizeBytes?: number;
  /** Limits of every RUN, each in a control group of its own. */
  readonly resources?: StepResources;
  /** `network.host`, `security.insecure`. */
  readonly allow?: readonly string[];
  /** How RUN is isolated: `auto` takes the strongest rung that works here. */
  readonly isolation?: Isolation;
  /** `crun`, `runc`, `runsc` or an absolute path: an OCI runtime that executes the commands of RUN. */
  readonly runtime?: string;
  /** PEM files of authorities that are trusted too, by registries' and other sources' connections and inside RUN. */
  readonly caCertificates?: readonly string[];
  readonly cacheFrom?: readonly CacheFrom[];
  readonly cacheTo?: readonly CacheTo[];
  readonly provenance?: ProvenanceRequest;
  /** An SPDX document of the packages in the image, beside the image. */
  readonly isSbomWanted?: boolean;
  /** False for attestations as BuildKit before 0.32 wrote them. Default true. */
  readonly areAttestationsArtifacts?: boolean;
  /** Signs what is pushed, its provenance and its SBOM. */
  readonly sign?: SigningRequest;
  readonly outputs?: readonly OutputRequest[];
  readonly iidFile?: string;
  readonly metadataFile?: string;
  /** A file for a page of HTML about the build, also when it fails; not when it is interrupted. */
  readonly report?: string;
}

/** Rungs of the sandbox ladder, strongest first; `none` refuses every RUN. */
export type Isolation = 'auto' | 'userns' | 'userns-single' | 'chroot' | 'none';

/** What a build gives back. */
export interface BuildResult {
  /** Digest of the image manifest, or of the index of several; absent when the output was files only. */
  readonly digest?: string;
  /** Absent when the result is an index. */
  readonly configDigest?: string;
  /** Fully qualified names given to the image. */
  readonly names: readonly string[];
  /** How many steps were executed and how many came from the cache. */
  readonly executed: number;
  readonly cached: number;
  readonly warnings: number;
}
