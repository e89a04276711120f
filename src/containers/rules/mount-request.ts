// What is mounted in a container, as it is asked for: paths are absolute and clean, defaults are not filled in. Data.

export type Propagation = 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave';

interface AnyMount {
  /** Absolute, without `.` and `..`, never `/`. */
  readonly target: string;
  readonly isReadonly: boolean;
}

export interface BindRequest extends AnyMount {
  readonly type: 'bind';
  /** Absolute path of the host. */
  readonly source: string;
  /** A missing source is made as a directory: `-v` does that, `--mount` refuses. */
  readonly isSourceMade: boolean;
  readonly propagation?: Propagation;
  /** What is mounted below the source. Default `enabled`. */
  readonly recursive?: 'enabled' | 'disabled' | 'writable' | 'readonly';
}

export interface VolumeRequest extends AnyMount {
  readonly type: 'volume';
  /** Absent: a volume of this container alone. */
  readonly name?: string;
  /** Whether an empty volume first gets what the image has at the target. */
  readonly isFilled: boolean;
  /** Of the volume, the directory that is mounted. */
  readonly subpath?: string;
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TmpfsRequest extends AnyMount {
  readonly type: 'tmpfs';
  readonly sizeBytes?: number;
  readonly mode?: number;
  /** Of mount(8), such as `exec`. */
  readonly flags: readonly string[];
}

export interface ImageMountRequest extends AnyMount {
  readonly type: 'image';
  readonly source: string;
  readonly subpath?: string;
}

export type MountRequest = BindRequest | VolumeRequest | TmpfsRequest | ImageMountRequest;

/** `--volumes-from CONTAINER[:ro|rw]`. */
export interface VolumesFrom {
  readonly container: string;
  /** Absent: as they are there. */
  readonly isReadonly?: boolean;
}
