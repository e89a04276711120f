// What credentials of AWS are, and what a place that gives them is. Types only.
import type { Transport } from '../../../registry/transport.js';
import type { AwsProfile } from './profile.js';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

/** What credentials are looked for with. */
export interface CredentialTools {
  readonly env: NodeJS.ProcessEnv;
  readonly transport: Transport;
  readonly region: string;
  /** Seconds since the epoch. */
  now(): number;
  /** Of AWS_PROFILE, out of the shared files. */
  readonly profile: AwsProfile | undefined;
}

/** A place that credentials come from; undefined when there are none. */
export type CredentialSource = (
  tools: CredentialTools,
  signal: AbortSignal,
) => Promise<AwsCredentials | undefined>;
