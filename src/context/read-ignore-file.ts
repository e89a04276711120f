// Which ignore file counts: BuildKit's frontend/dockerui/config.go, dockerIgnorePatterns.
import type { ByteString } from '../core/bytes.js';
import { definitionFile, readDefinitionFile, standInFor, type DefinitionFile } from './definition-root.js';
import { parseIgnoreFile, type IgnoreRules } from './ignore-file.js';

const MAX_FILE_BYTES = 16 * 1024 * 1024;

export interface IgnoreFileQuery {
  /** Host path of the context directory. */
  readonly context: string;
  /** Host path of the Dockerfile, when it is a file. */
  readonly dockerfile?: string | undefined;
  /** The Dockerfile's name as the user wrote it, for messages; default: its host path. */
  readonly dockerfileName?: string | undefined;
  /** Told when there is something of that name which is not read. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * `<Dockerfile>.dockerignore` if it exists, else `.dockerignore` at the root of the context, else undefined. Never
 * merged. A directory and a link that leads out of the context are no ignore files.
 * @throws TsbuildError IGNORE_SYNTAX, CONTEXT_UNREADABLE
 */
export function readIgnoreFile({
  context,
  dockerfile,
  dockerfileName,
  onNote,
}: IgnoreFileQuery): IgnoreRules | undefined {
  for (const { place, file } of candidates({ context, dockerfile, dockerfileName })) {
    const data = readDefinitionFile(place, { name: file, maxBytes: MAX_FILE_BYTES, isDirectoryAbsent: true });
    if (data) return parseIgnoreFile(data.toString('utf8'), file);
    const what = onNote && standInFor(place);
    if (what !== undefined) onNote?.(`${file} ${what}: it is not read, and ignores nothing`);
  }
  return undefined;
}

function candidates({
  context,
  dockerfile,
  dockerfileName,
}: IgnoreFileQuery): { readonly place: DefinitionFile; readonly file: string }[] {
  const own = { place: { root: context, path: '.dockerignore' as ByteString }, file: '.dockerignore' };
  const beside = dockerfile === undefined ? undefined : definitionFile(context, `${dockerfile}.dockerignore`);
  return beside ? [{ place: beside, file: `${dockerfileName ?? dockerfile}.dockerignore` }, own] : [own];
}
