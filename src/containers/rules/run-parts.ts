// Parts of what `run` is asked for beside mounts, as plain data.

/** A port of the container that leads out, or a range of them. */
export interface PortRequest {
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** Absent: all addresses, of both families. */
  readonly hostIp?: string;
  /** The first free one of these is taken. Absent: a free one of those that the kernel gives out. */
  readonly hostPorts?: { readonly first: number; readonly last: number };
}

export interface DeviceRequest {
  readonly host: string;
  readonly container: string;
  /** Some of `rwm`. */
  readonly access: string;
}

export interface NetworkRequest {
  /** `bridge`, `none`, `host`, `container:NAME`, or the name of a network. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly macAddress?: string;
}

export interface SecurityRequest {
  readonly noNewPrivileges: boolean;
  /** `unconfined`, or the text of a profile; absent the built-in one. */
  readonly seccomp?: string;
  /** /proc and /sys without masked paths. */
  readonly isSystemUnconfined: boolean;
}

/** Root of the container is a subordinate id; the user has this id in it; or ids are those of the host. */
export type UsernsRequest =
  | { readonly kind: 'default' }
  | { readonly kind: 'host' }
  | { readonly kind: 'keep-id'; readonly uid?: number; readonly gid?: number };
