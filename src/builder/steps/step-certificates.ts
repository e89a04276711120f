// The authorities of --ca-cert in a RUN: files on its own /dev and variables that lead programs to them.
// Invariant: they are in no layer and no config, and no key has them: a step is the same with and without.
import { fromUtf8, type ByteString } from '../../core/bytes.js';
import { tracePath } from '../../layer/resolve-path.js';
import type { TreeView } from '../../layer/tree-view.js';
import type { ProcessSpec } from '../../worker/sandbox.js';
import type { StageRun } from '../stage-run.js';

export interface StepCertificates {
  readonly files: ProcessSpec['files'];
  /** `K=V`; what image and Dockerfile set wins. */
  readonly env: readonly string[];
}

const NONE: StepCertificates = { files: [], env: [] };

/** Below /dev, which is a file system of the step alone. */
const BUNDLE = '/dev/tsbuild/ca-bundle.crt';
const EXTRA = '/dev/tsbuild/extra-ca.crt';

/** Each takes the place of the program's own authorities: OpenSSL and Go, Python, curl, git, pip, cargo, AWS. */
const REPLACING = [
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'PIP_CERT',
  'CARGO_HTTP_CAINFO',
  'AWS_CA_BUNDLE',
];
/** Adds to the program's own: Node, and with it npm, yarn and pnpm. */
const ADDING = ['NODE_EXTRA_CA_CERTS'];

/** Where distributions keep the authorities that the system trusts: Debian and Alpine, Fedora, SUSE, Alpine, Fedora. */
const SYSTEM_BUNDLES: readonly ByteString[] = [
  'etc/ssl/certs/ca-certificates.crt',
  'etc/pki/tls/certs/ca-bundle.crt',
  'etc/ssl/ca-bundle.pem',
  'etc/ssl/cert.pem',
  'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
].map(fromUtf8);

const MAX_BUNDLE_BYTES = 10 << 20;

/**
 * The bundle is what the image trusts followed by the given certificates: the variables replace a program's own list,
 * and without the image's part it would reach nothing but what the given ones have signed. An image that has no list
 * gets the one that Node is made with.
 * @throws TsbuildError OPTION_INVALID when a given file cannot be used
 */
export async function stepCertificates(run: StageRun): Promise<StepCertificates> {
  const given = await run.tools.caCertificates();
  if (given === undefined) return NONE;
  const own = (await systemBundle(run)) ?? (await nodesBundle());
  const bundle = Buffer.concat([own, Buffer.from(`\n${given}`)]);
  return {
    files: [
      { path: BUNDLE, content: bundle, mode: 0o644 },
      { path: EXTRA, content: Buffer.from(given), mode: 0o644 },
    ],
    env: [...REPLACING.map((name) => `${name}=${BUNDLE}`), ...ADDING.map((name) => `${name}=${EXTRA}`)],
  };
}

async function nodesBundle(): Promise<Buffer> {
  const { builtInAuthorities } = await import('../../registry/ca-certificates.js');
  return Buffer.from(await builtInAuthorities());
}

async function systemBundle({ tools, layers }: StageRun): Promise<Buffer | undefined> {
  const view = await tools.trees.lookup(layers);
  const found = SYSTEM_BUNDLES.map((path) => usableFile(view, path)).find((path) => path !== undefined);
  if (found === undefined) return undefined;
  await tools.trees.bringContent(layers, view, [found]);
  return Buffer.from(view.read(found, MAX_BUNDLE_BYTES));
}

/** A regular file that is not empty, links followed inside the image. */
function usableFile(view: TreeView, path: ByteString): ByteString | undefined {
  const trace = tracePath(view, path, { followLast: true });
  const node = trace.kind === 'path' ? view.get(trace.path) : undefined;
  const isUsable = node?.type === 'file' && node.size > 0 && node.size <= MAX_BUNDLE_BYTES;
  return isUsable && trace.kind === 'path' ? trace.path : undefined;
}
