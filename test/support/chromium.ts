// A real browser for tests: Debian's Chromium without a window, spoken to by the DevTools protocol over two pipes. It
// is started once and shows one page after the other.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

type Params = Readonly<Record<string, unknown>>;
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export interface Page {
  /** Everything that the page complained of: errors, refused loads, violations of its policy. */
  readonly complaints: readonly string[];
  send(method: string, params?: Params): Promise<Record<string, unknown>>;
  /** The value of an expression in the page; a promise is waited for. */
  evaluate<T>(expression: string): Promise<T>;
  /** Loads a file, and waits until it is shown. */
  open(file: string): Promise<void>;
  press(key: 'Tab' | 'Enter'): Promise<void>;
}

export interface Browser {
  newPage(): Promise<Page>;
  /** Resolves when the process and its folder are gone. */
  close(): Promise<void>;
}

const CODES = { Tab: 9, Enter: 13 } as const;

export function startChromium(): Browser {
  const profile = mkdtempSync(join(tmpdir(), 'tsbuild-chromium-'));
  // Containers of CI have neither user namespaces for its sandbox nor a large /dev/shm.
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const args = [...flags, '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'];
  const child = spawn('chromium', args, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  });
  const [, , , input, output] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Map<string, (message: Message) => void>();
  let lastId = 0;
  let rest = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\0');
    rest = parts.pop()!;
    for (const part of parts) receive(JSON.parse(part) as Message & { readonly sessionId?: string });
  });
  child.once('error', (error) => failAll(error.message));
  child.once('close', () => failAll('chromium has ended'));

  function failAll(message: string): void {
    for (const answer of waiting.values()) answer({ error: { message } });
    waiting.clear();
  }
  function receive(message: Message & { readonly sessionId?: string }): void {
    if (message.id === undefined) return listeners.get(message.sessionId ?? '')?.(message);
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  }
  function send(method: string, params: Params = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result ?? {}),
      );
      input.write(
        `${JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`,
      );
    });
  }
  return {
    async newPage() {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      const session = String(sessionId);
      return openPage({
        send: (method, params) => send(method, params, session),
        listen: (listener) => listeners.set(session, listener),
      });
    },
    async close() {
      send('Browser.close').catch(() => undefined);
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Session {
  send(method: string, params?: Params): Promise<Record<string, unknown>>;
  listen(listener: (message: Message) => void): void;
}

async function openPage({ send, listen }: Session): Promise<Page> {
  const complaints: string[] = [];
  let onLoad: (() => void) | undefined;
  listen(({ method, params }) => {
    if (method === 'Page.loadEventFired') onLoad?.();
    const isComplaint = /^(Log\.entryAdded|Runtime\.(consoleAPICalled|exceptionThrown)|Audits\.issueAdded)$/;
    if (method !== undefined && isComplaint.test(method))
      complaints.push(`${method} ${JSON.stringify(params)}`);
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Audits', 'Accessibility', 'DOM'])
    await send(`${domain}.enable`);
  return {
    complaints,
    send,
    async evaluate<T>(expression: string) {
      const answer = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
      const { result, exceptionDetails } = answer as {
        result: { value?: unknown };
        exceptionDetails?: unknown;
      };
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return result.value as T;
    },
    async open(file) {
      const loaded = new Promise<void>((resolve) => (onLoad = resolve));
      await send('Page.navigate', { url: pathToFileURL(file).href });
      await loaded;
    },
    async press(key) {
      const event = { key, code: key, windowsVirtualKeyCode: CODES[key] };
      await send('Input.dispatchKeyEvent', { ...event, type: 'rawKeyDown' });
      await send('Input.dispatchKeyEvent', { ...event, type: 'keyUp' });
    },
  };
}
