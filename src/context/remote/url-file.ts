// The file that a URL stands for, as a tree with that one file in it.
import { fromUtf8, type ByteString } from '../../core/bytes.js';
import { fileNameOfUrl, nodeOfHttpSource } from './http-source.js';
import type { TreeNode } from '../../layer/entry.js';
import { memoryTree } from '../../layer/memory-tree.js';
import type { TreeView } from '../../layer/tree-view.js';
import type { LocalDownload } from './remote-sources.js';

export interface UrlFile {
  readonly view: TreeView;
  readonly name: ByteString;
  readonly node: TreeNode;
}

export function urlFile(url: string, download: LocalDownload): UrlFile {
  const name = fileNameOfUrl(url);
  const node = nodeOfHttpSource(download, fromUtf8(download.path));
  return { view: memoryTree([{ kind: 'node', path: name, node }]), name, node };
}
