// `podman load`, `nerdctl load`, `docker load`: an archive on standard input, for engines that have no socket here.
import { spawn } from 'node:child_process';
import { TsbuildError } from '../../core/errors.js';
import { lastWords } from '../../host/last-words.js';
import type { EnginePlace } from './engine-place.js';

type CommandPlace = Extract<EnginePlace, { kind: 'command' }>;

const MAX_CHARS = 16 * 1024;

/**
 * What the command prints. It runs as the user does, with the whole environment: it finds its storage by it.
 * @throws TsbuildError ENGINE_UNREACHABLE when it is not installed, ENGINE_FAILED, ABORTED, and what the archive throws
 */
export async function loadByCommand(
  { program, env: more, label }: CommandPlace,
  archive: AsyncIterable<Buffer>,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const child = spawn(program, ['load'], { env: { ...env, ...more }, stdio: ['pipe', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop);
  const [stdout, stderr] = [lastWords(child.stdout, MAX_CHARS), lastWords(child.stderr, MAX_CHARS)];
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // A command that fails early does not read on; its status says so.
  child.stdin.on('error', () => undefined);
  const sent = send(child.stdin, archive);
  sent.catch(stop);
  try {
    const status = await ended;
    await sent;
    if (signal.aborted)
      throw new TsbuildError('ABORTED', 'interrupted while loading the image', { cause: signal.reason });
    if (status !== 0)
      throw new TsbuildError('ENGINE_FAILED', `${label} failed: ${stderr().trim() || `status ${status}`}`);
    return stdout().split('\n').filter(Boolean);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new TsbuildError('ENGINE_UNREACHABLE', `${label}: ${program} is not installed`, { cause: error });
  } finally {
    signal.removeEventListener('abort', stop);
    await sent.catch(() => undefined);
  }
}

/** Chunks are only valid until the next is asked for. */
async function send(stdin: NodeJS.WritableStream, archive: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of archive) {
    const isGone = await new Promise<boolean>((resolve) =>
      stdin.write(chunk, (error) => resolve(error != null)),
    );
    if (isGone) return;
  }
  stdin.end();
}
