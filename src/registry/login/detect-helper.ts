// The credential helper that docker takes on a machine where nothing is configured (docker/cli
// cli/config/credentials/default_store_linux.go).
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

async function isOnPath(program: string, path: string): Promise<boolean> {
  for (const folder of path.split(':').filter(Boolean)) {
    try {
      await access(join(folder, program), constants.X_OK);
      return true;
    } catch {
      // Absence is a value here.
    }
  }
  return false;
}

/** `pass` where its program is installed, else `secretservice`; undefined when the helper of it is not there. */
export async function detectHelper(path: string): Promise<string | undefined> {
  const name = (await isOnPath('pass', path)) ? 'pass' : 'secretservice';
  return (await isOnPath(`docker-credential-${name}`, path)) ? name : undefined;
}
