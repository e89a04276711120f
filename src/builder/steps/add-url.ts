// ADD of an http(s) URL (BuildKit's source/http/source.go). The key holds the content, the file's name and its date;
// with a checksum nothing is asked of the server when the step is cached.
import { canonicalJson } from '../../core/canonical-json.js';
import { isDigest } from '../../core/digest.js';
import { toUtf8 } from '../../core/bytes.js';
import { selectSources } from '../../layer/copy/select-sources.js';
import type { CopyStep } from '../../plan/step.js';
import type { LocalDownload } from '../../context/remote/remote-sources.js';
import { fileNameOfUrl, urlFile } from '../../context/remote/url-file.js';
import type { StageRun } from '../stage-run.js';
import type { PendingSource, Selected } from './pending-source.js';

export async function planUrlSource(run: StageRun, step: CopyStep, url: string): Promise<PendingSource> {
  const { remote } = run.tools;
  const { checksum } = step;
  const name = toUtf8(fileNameOfUrl(url));
  const { excludes } = step;
  if (checksum !== undefined && isDigest(checksum)) {
    const download = async () => remote.known(url, checksum) ?? (await remote.download(url, { checksum }));
    return {
      content: `http ${canonicalJson({ name, checksum, excludes })}`,
      open: async () => select(step, url, await download()),
    };
  }
  const download = await remote.download(url, { checksum });
  const { mtime } = urlFile(url, download).node;
  return {
    content: `http ${canonicalJson({ name, digest: download.digest, mtime, excludes })}`,
    open: async () => select(step, url, download),
  };
}

function select(step: CopyStep, url: string, download: LocalDownload): Selected {
  const { view, name } = urlFile(url, download);
  const selection = selectSources(view, {
    sources: [name],
    wildcards: 'literal',
    excludes: step.excludes,
    origin: 'url',
  });
  return {
    selection,
    origin: { view: async () => view, isLayered: false, layers: [] },
    isUnpacked: step.unpack === true,
  };
}
