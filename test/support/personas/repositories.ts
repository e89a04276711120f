// What a persona keeps: blobs and manifests of its repositories, and open upload sessions. All in memory.

export interface StoredManifest {
  readonly type: string;
  readonly bytes: Buffer;
}

export interface Repository {
  readonly blobs: Map<string, Buffer>;
  /** By digest and by tag. */
  readonly manifests: Map<string, StoredManifest>;
}

export interface Session {
  readonly id: string;
  readonly repository: string;
  readonly parts: Buffer[];
  patches: number;
}

export interface Repositories {
  find(name: string): Repository | undefined;
  create(name: string): Repository;
  all(): Iterable<Repository>;
  readonly sessions: Map<string, Session>;
}

export function createRepositories(): Repositories {
  const known = new Map<string, Repository>();
  return {
    find: (name) => known.get(name),
    create(name) {
      const repository = known.get(name) ?? { blobs: new Map(), manifests: new Map() };
      known.set(name, repository);
      return repository;
    },
    all: () => known.values(),
    sessions: new Map(),
  };
}

export function lengthOf({ parts }: Session): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
