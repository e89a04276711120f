// Who may import whom. One table, turned into rules; type imports count. The reasons stand in ARCHITECTURE.md.

/** Folder of src/ to the folders that it may import (its own is always allowed). */
const MAY_IMPORT = {
  core: [],
  parser: ['core'],
  oci: ['core'],
  plan: ['core', 'parser', 'oci'],
  attestation: ['core', 'oci', 'plan'],
  bake: ['core', 'oci', 'plan'],
  init: ['core'],
  report: ['core', 'oci', 'image-contents'],
  host: ['core'],
  'ssh-agent': ['core', 'host'],
  layer: ['core', 'host'],
  store: ['core', 'host', 'layer', 'oci'],
  registry: ['core', 'oci'],
  context: ['core', 'host', 'layer', 'oci', 'store', 'plan', 'ssh-agent'],
  rootfs: ['core', 'host', 'layer', 'store'],
  sandbox: ['core', 'host', 'rootfs', 'ssh-agent'],
  worker: ['core', 'host', 'layer', 'store', 'rootfs', 'sandbox', 'ssh-agent'],
  images: ['core', 'host', 'oci', 'layer', 'store', 'registry'],
  cache: ['core', 'host', 'oci', 'plan', 'layer', 'store', 'registry', 'images'],
  builder: [
    'core',
    'parser',
    'oci',
    'plan',
    'host',
    'layer',
    'store',
    'registry',
    'context',
    'rootfs',
    'sandbox',
    'worker',
    'ssh-agent',
    'images',
    'cache',
  ],
  containers: ['core', 'oci', 'host', 'layer', 'store', 'registry', 'rootfs', 'sandbox', 'worker', 'images'],
  export: ['core', 'host', 'oci', 'layer', 'store', 'registry', 'images'],
  sbom: ['core', 'oci', 'layer'],
  'image-contents': ['core', 'oci', 'layer'],
  upkeep: [
    'core',
    'host',
    'oci',
    'layer',
    'store',
    'rootfs',
    'worker',
    'images',
    'plan',
    'cache',
    'registry',
    'containers',
  ],
  api: [
    'core',
    'oci',
    'plan',
    'attestation',
    'host',
    'layer',
    'store',
    'registry',
    'worker',
    'images',
    'cache',
    'export',
    'sbom',
    'image-contents',
    'upkeep',
    'sandbox',
    'containers',
    'bake',
    'init',
  ],
  cli: ['core'],
};

const PURE = '^src/(core|parser|oci|plan|attestation|bake|init|report)/';
const PURE_BUILT_INS = '^(node:)?(crypto|path|path/posix|buffer)$';

/** The only files that may start a process, each with the kind it starts. */
const MAY_SPAWN = [
  'src/worker/front/id-maps.ts', // newuidmap, newgidmap
  'src/sandbox/network/attach-network.ts', // pasta, slirp4netns
  'src/rootfs/fuse-mount.ts', // fuse-overlayfs
  'src/worker/front/worker-process.ts', // unshare with the worker
  'src/sandbox/runtime/namespace-holder.ts', // unshare with cat
  'src/sandbox/runtime/runtime-launcher.ts', // crun, runc, runsc
  'src/sandbox/launcher/supervisor-process.ts', // the supervisor
  'src/containers/remove-owned-tree.ts', // nsenter with rm
  'src/containers/start-finisher.ts', // tsbuild container-finish
  'src/rootfs/copy-contents.ts', // cp, for the first content of a cache mount or volume
  'src/context/git/run-git.ts', // git
  'src/registry/credential-helper.ts', // docker-credential-*
  'src/export/engine/load-by-command.ts', // podman load, nerdctl load, docker load
];

/** Packages that src/ may import; of koffi only its types. */
const BUNDLED = [
  '@noble/ciphers',
  'aws4fetch',
  'chalk',
  'dockerfile-ast',
  'fzstd',
  'globby',
  'https-proxy-agent',
  'koffi',
  'node-fetch',
  'proxy-from-env',
  'smol-toml',
  'spdx-expression-parse',
  'yaml',
  'yaml',
  'yargs',
];

const anyOf = (folders) => `^src/(${folders.join('|')})/`;

const folderRules = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  comment: `${folder}/ may import ${allowed.length ? allowed.join(', ') : 'nothing else of src/'}${folder === 'cli' ? ' and src/index.ts' : ''}.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    path: '^src/',
    pathNot: [
      anyOf([folder, ...allowed]),
      // The readers of options are those of targets too: types by way of the door would be a cycle.
      ...(folder === 'cli' ? ['^src/index\\.ts$', '^src/plan/request\\.ts$'] : []),
      ...(folder === 'api' ? ['^src/[^/]+\\.ts$'] : []),
    ],
  },
}));

module.exports = {
  forbidden: [
    ...folderRules,
    {
      name: 'no-unknown-folder',
      comment: 'Every folder of src/ has a row in the table above.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: anyOf(Object.keys(MAY_IMPORT)) },
      to: {},
    },
    {
      name: 'no-cycles',
      comment: 'Type imports count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pure-no-io',
      comment:
        'core, parser, oci, plan, attestation, bake, init and report are functions of their arguments: no built-in that does I/O.',
      severity: 'error',
      from: { path: PURE },
      to: { dependencyTypes: ['core'], pathNot: PURE_BUILT_INS },
    },
    {
      name: 'pure-no-packages',
      comment: 'Only parser/ uses a package, dockerfile-ast, and bake/ another, yaml.',
      severity: 'error',
      from: { path: PURE },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg'],
        pathNot: ['node_modules/dockerfile-ast/', 'node_modules/yaml/', 'node_modules/@types/node/'],
      },
    },
    {
      name: 'dockerfile-ast-in-parser',
      severity: 'error',
      comment: 'What the package makes of a Dockerfile stays behind the parser.',
      from: { path: '^src/', pathNot: '^src/parser/' },
      to: { path: 'node_modules/dockerfile-ast/' },
    },
    {
      name: 'yaml-in-compose',
      severity: 'error',
      comment: 'Compose files alone are YAML.',
      from: { path: '^src/', pathNot: '^src/bake/compose/' },
      to: { path: 'node_modules/yaml/' },
    },
    {
      name: 'one-place-fetches',
      comment:
        'One transport owns proxies, redirects, time limits and credentials; this file is its only way out.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/registry/exchange\\.ts$' },
      to: { path: 'node_modules/node-fetch/' },
    },
    {
      name: 'http-in-registry-only',
      comment:
        'Agents and certificates belong to the transport; besides, one file speaks to container engines.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(registry/|export/engine/socket-request\\.ts$)' },
      to: { dependencyTypes: ['core'], path: '^(node:)?(http|https|http2|tls)$' },
    },
    {
      name: 'few-places-spawn',
      comment: 'Every process that tsbuild starts is started by a file of this list.',
      severity: 'error',
      from: { path: '^src/', pathNot: MAY_SPAWN.map((path) => `^${path.replaceAll('.', '\\.')}$`) },
      to: { path: '^(node:)?(child_process|cluster)$' },
    },
    {
      name: 'no-test-code-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|fixtures|build)/' },
    },
    {
      name: 'tests-use-declared-packages',
      severity: 'error',
      from: { path: '^(src|test)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'src-no-test-packages',
      comment: 'All packages are bundled, so all are of the development: those for src/ have a name here.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: `node_modules/(@types|${BUNDLED.join('|')})/` },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
