// Whether a metadata file says how the image was built. Pure.
import type { BuildRequest } from './plan/request.js';

const METADATA_PROVENANCE = 'BUILDX_METADATA_PROVENANCE';

/**
 * How much of the provenance a metadata file has; undefined for none. buildx has it in every file; here it is asked
 * for, by --provenance or by the variable.
 */
export function metadataMode(
  { metadataFile, provenance }: BuildRequest,
  env: NodeJS.ProcessEnv,
): 'min' | 'max' | undefined {
  const text = env[METADATA_PROVENANCE] ?? '';
  if (metadataFile === undefined || ['disabled', 'false', 'False', 'FALSE', 'f', 'F', '0'].includes(text))
    return undefined;
  if (text === 'min' || text === 'max') return text;
  return provenance ? 'min' : undefined;
}
