// What is asked for when a container is created, in docker's terms, as plain data. What is not given comes from the
// image, or is docker's default (rules/).
import type { Platform } from '../oci/platform.js';
import type { RungName } from '../worker/front/rung.js';
import type { Healthcheck, PublishedPort, RestartPolicy } from './container-record.js';

export interface ContainerRequest {
  /** As a user writes it: a name, or the beginning of an id. */
  readonly image: string;
  /** The words behind the image. Empty: the image's. */
  readonly command?: readonly string[];
  readonly name?: string;
  readonly platform?: Platform;
  /** Default `missing`. */
  readonly pull?: 'missing' | 'always' | 'never';

  /** Replaces the image's entrypoint and its command. `[""]`: none. */
  readonly entrypoint?: readonly string[];
  /** `K=V`; `K` takes it away. The environment of the user and files are looked up already. */
  readonly env?: readonly string[];
  /** `NAME[:GROUP]`, or numbers. */
  readonly user?: string;
  readonly groupAdd?: readonly string[];
  readonly workingDir?: string;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** `80/tcp` */
  readonly expose?: readonly string[];
  readonly stopSignal?: string;
  /** Seconds; -1: for ever. */
  readonly stopTimeout?: number;
  /** What is given replaces what the image has. `test: ["NONE"]`: no health check. */
  readonly healthcheck?: Partial<Healthcheck>;
  readonly isTerminal?: boolean;
  /** The input stays open. */
  readonly isInteractive?: boolean;

  readonly mounts?: readonly RequestedMount[];
  /** Containers whose mounts are taken over: `c[:ro|rw]`. */
  readonly volumesFrom?: readonly string[];
  /** The first is the network mode: `bridge` (default), `none`, `host`, `container:ID`, or a user network. */
  readonly networks?: readonly RequestedNetwork[];
  readonly ports?: readonly PublishedPort[];
  readonly isEveryPortPublished?: boolean;
  readonly extraHosts?: readonly { readonly name: string; readonly address: string }[];
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];

  readonly isRemovedAtEnd?: boolean;
  readonly restart?: RestartPolicy;
  readonly init?: boolean;
  readonly isReadonlyRootfs?: boolean;
  readonly isPrivileged?: boolean;
  /** Rung of the ladder; default `auto`: the strongest that works here. */
  readonly isolation?: RungName | 'auto';
  /** With or without `CAP_`, any case; `ALL`. */
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  /** As docker's client sends them: a seccomp profile as its JSON. */
  readonly securityOpt?: readonly string[];
  /** `keep-id[:uid=U,gid=G]`, `host` (the same with 0), or `build`. */
  readonly userns?: string;
  /** `host`, `container:ID`. Default `private`. */
  readonly pidMode?: string;
  readonly ipcMode?: string;
  readonly utsMode?: string;
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly shmSizeBytes?: number;
  readonly oomScoreAdj?: number;
  readonly devices?: readonly {
    readonly host: string;
    readonly container: string;
    readonly access: string;
  }[];
  /** Bytes, nanoseconds of cores, processes. */
  readonly memory?: number;
  readonly memorySwap?: number;
  readonly nanoCpus?: number;
  readonly cpuShares?: number;
  readonly cpusetCpus?: string;
  readonly pidsLimit?: number;
  readonly logMaxBytes?: number;
  /** What this host cannot limit is an error instead of a note. */
  readonly isStrict?: boolean;
}

/** Targets are absolute. */
export type RequestedMount =
  | {
      readonly type: 'bind';
      /** Absolute. */
      readonly source: string;
      readonly target: string;
      readonly isReadonly?: boolean;
      readonly isShallow?: boolean;
      readonly propagation?: string;
      /** Make the source as a directory when it is missing, as `-v` does. */
      readonly isSourceMade?: boolean;
    }
  | {
      readonly type: 'volume';
      /** Absent: an anonymous one. */
      readonly name?: string;
      readonly target: string;
      readonly isReadonly?: boolean;
      readonly isNotCopied?: boolean;
      readonly subpath?: string;
      readonly labels?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'tmpfs';
      readonly target: string;
      readonly isReadonly?: boolean;
      readonly sizeBytes?: number;
      readonly mode?: number;
      /** `exec`, `suid`, `dev` */
      readonly allowed?: readonly string[];
    };

export interface RequestedNetwork {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly ipAddress?: string;
  readonly macAddress?: string;
}
