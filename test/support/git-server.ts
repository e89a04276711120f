// A git repository on disk, served over http on loopback by git's own `http-backend`.
import type { ExecutionContext } from 'ava';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { tempDir } from './temp-store.js';

export interface GitServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** `http://127.0.0.1:port/repo.git` */
  readonly url: string;
  /** The repository on disk. Git commands block this process, so they can reach no server of it. */
  readonly path: string;
  git(...args: string[]): string;
  /** Commits these files on top; a value `-> x` makes a symbolic link. Gives the commit's id. */
  commit(files: Readonly<Record<string, string>>): string;
  /** Path of every request so far. */
  readonly asked: string[];
  /** Called with the path of every request from now on, before it is answered. */
  onRequest(listener: (path: string) => void): void;
}

const IDENTITY = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@a',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@a',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_DATE: '1700000000 +0000',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

/**
 * A server with one repository, branch `main`, without commits. `authorization`: the header that must come with every
 * request.
 */
export async function serveRepository(
  t: ExecutionContext,
  options: { readonly authorization?: string } = {},
): Promise<GitServer> {
  const root = tempDir(t);
  const tree = join(root, 'repo.git');
  mkdirSync(tree);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', tree, ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { PATH: process.env['PATH'], HOME: root, ...IDENTITY },
    }).trim();
  git('init', '--quiet', '-b', 'main');
  const asked: string[] = [];
  const listeners: ((path: string) => void)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    for (const listener of listeners) listener(request.url ?? '');
    const { authorization } = options;
    if (authorization === undefined || request.headers.authorization === authorization)
      return runBackend(root, request, response);
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/repo.git`,
    path: tree,
    git,
    asked,
    onRequest: (listener) => void listeners.push(listener),
    commit(files) {
      for (const [name, content] of Object.entries(files)) {
        const path = join(tree, name);
        mkdirSync(dirname(path), { recursive: true });
        if (content.startsWith('-> ')) symlinkSync(content.slice(3), path);
        else writeFileSync(path, content);
      }
      git('add', '-A');
      git('commit', '--quiet', '--allow-empty', '-m', 'x');
      return git('rev-parse', 'HEAD');
    },
  };
}

/** CGI, RFC 3875. */
function runBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      // The repository belongs to whoever runs the tests.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: pathname.replace('/repo.git', '/repo.git/.git'),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const output = Buffer.concat(chunks);
    const cut = output.indexOf('\r\n\r\n');
    const fields = output
      .subarray(0, Math.max(cut, 0))
      .toString()
      .split('\r\n')
      .map((line) => line.split(': ') as [string, string]);
    const status = Number(fields.find(([name]) => name === 'Status')?.[1].split(' ')[0] ?? 200);
    response.writeHead(
      cut < 0 ? 500 : status,
      Object.fromEntries(fields.filter(([name]) => name && name !== 'Status')),
    );
    response.end(output.subarray(cut + 4));
  });
}
