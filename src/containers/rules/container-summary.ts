// A container as the lists show it: plain data, times as numbers.

export type ContainerStatus =
  'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

/** A port of the container, and the one of the host that leads to it. */
export interface ListedPort {
  readonly containerPort: number;
  readonly protocol: string;
  /** Absent for a port that is exposed and not published. */
  readonly hostIp?: string;
  readonly hostPort?: number;
}

export interface SummaryMount {
  readonly type: string;
  /** Of a volume. */
  readonly name?: string;
  readonly source?: string;
  readonly destination: string;
}

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  /** As the user wrote it. */
  readonly image: string;
  readonly imageId: string;
  readonly argv: readonly string[];
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt: number;
  readonly status: ContainerStatus;
  /** Absent before the first start. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** Of the last run; absent while none has ended. */
  readonly exitCode?: number;
  readonly health?: HealthStatus;
  readonly ports: readonly ListedPort[];
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly SummaryMount[];
  readonly networks: readonly string[];
}
