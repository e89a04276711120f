// What is known of a registry by its host name: how many uploads it bears at once, and whether a blob may come in
// chunks. Pure.

export interface HostRules {
  /** Bodies of blobs that are sent at once. */
  readonly bodies: number;
  /** Bytes of a chunk at most; 0 where an upload must be one body. */
  readonly maxChunkBytes: number;
}

const GHCR_CHUNK = 4 << 20;

const RULES: readonly (readonly [host: RegExp, rules: HostRules])[] = [
  // AWS documents 5 to 10 MiB for parts, and drops each chunk after the first (aws/containers-roadmap#2831).
  [
    /\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/,
    { bodies: 2, maxChunkBytes: 0 },
  ],
  [/^public\.ecr\.aws$/, { bodies: 2, maxChunkBytes: 0 }],
  // No chunks (containers/skopeo#1101).
  [/(?:^|[.-])(?:docker\.pkg\.dev|gcr\.io)$/, { bodies: 4, maxChunkBytes: 0 }],
  // 416 for more (oras-project/rust-oci-client#37).
  [/^ghcr\.io$/, { bodies: 4, maxChunkBytes: GHCR_CHUNK }],
];

const COMMON: HostRules = { bodies: 4, maxChunkBytes: Infinity };

/** @param domain of a reference, with or without a port */
export function hostRulesOf(domain: string): HostRules {
  const host = domain.toLowerCase().replace(/:\d+$/, '');
  return RULES.find(([pattern]) => pattern.test(host))?.[1] ?? COMMON;
}
