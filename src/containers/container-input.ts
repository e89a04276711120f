// The streams of the one who follows a container, and the input of a container as they meet it.

export interface RelayStreams {
  /** Absent: not attached. */
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly stdout?: NodeJS.WritableStream | undefined;
  readonly stderr?: NodeJS.WritableStream | undefined;
}

export interface RelayChoice {
  readonly isSignalProxied: boolean;
  readonly onSignalsProxied?: () => void;
  readonly detachKeys: string;
}

export interface ContainerInput {
  /** Resolves when all was taken; false when nobody reads any more. */
  write(data: Uint8Array): Promise<boolean>;
  /** Nothing more comes. */
  end(): void;
  close(): void;
}
