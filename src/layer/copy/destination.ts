// The last argument of COPY and ADD against the working directory. Matches dockerfile2llb's pathRelativeToWorkingDir.
import type { ByteString } from '../../core/bytes.js';
import { cleanPath } from '../../core/tree-path.js';

export interface Destination {
  /** Clean, links not followed. */
  readonly path: ByteString;
  /** Written as a directory: made when it is missing, an error when it is a file. */
  readonly isDirectory: boolean;
}

/** '' and `.` are the working directory; a trailing `/` or `/.` asks for a directory. */
export function destinationOf(written: ByteString, workdir: ByteString): Destination {
  const path = cleanPath(written.startsWith('/') ? written : `${workdir}/${written}`);
  return { path, isDirectory: written === '' || written === '.' || /\/\.?$/.test(written) };
}
