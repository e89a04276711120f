// Row 6: bodies that break or stall, requests that are turned away for a while, tokens that end before a body does.
import { createScratch, format, readTag, sum, tsbuild, uploads, writeContext } from '../bench.mjs';
import { startProxy } from '../proxy.mjs';

const SIZE = 10e6;

export async function run({ port }) {
  const results = [];
  for (const percent of [10, 50, 99]) results.push(await broken(port, percent));
  results.push(await stalled(port), await turnedAway(port), await shortTokens(port));
  return {
    isGood: results.every(({ isGood }) => isGood),
    figures: results.map(({ isGood, text }) => `${isGood ? '' : 'NOT '}${text}`).join('; '),
  };
}

async function withPush(port, options, { size = SIZE, name, rule }) {
  const scratch = createScratch();
  const proxy = await startProxy(port, options);
  const context = writeContext(`${scratch.path}/context`, [size]);
  try {
    proxy.setRule(rule);
    const { seconds } = await tsbuild(
      ['build', '--progress', 'none', '--push', '-t', `${proxy.host}/${name}:1`, context],
      { store: `${scratch.path}/store` },
    );
    // Without the proxy: its tokens are not for this.
    await readTag(`127.0.0.1:${port}`, name, '1');
    return { log: proxy.log, seconds };
  } finally {
    proxy.stop();
    scratch.remove();
  }
}

/** The config is small and must not count. */
const isBody = ({ method, url, length }) =>
  /^(PUT|PATCH)$/.test(method) && /\/blobs\/uploads\//.test(url) && length > SIZE / 2;

function firstBodies(count, fault) {
  const begun = new Map();
  return (row) => {
    if (!isBody(row)) return undefined;
    begun.set(row, true);
    return begun.size <= count ? fault : undefined;
  };
}

async function broken(port, percent) {
  const { log } = await withPush(
    port,
    {},
    {
      name: `broken-${percent}`,
      rule: firstBodies(2, { breakAfter: (SIZE * percent) / 100 }),
    },
  );
  const bodies = log.filter((row) => isBody(row));
  const sessions = bodies.filter(({ up }) => up > 0).map(({ url }) => url.split('?')[0]);
  const sent = sum(uploads(log), 'up');
  const isOnce = new Set(sessions).size === sessions.length;
  return {
    isGood: isOnce && sent <= 3 * SIZE,
    text: `cut at ${percent} % twice: ${format(sent / SIZE)} x the size sent, ${isOnce ? 'no session used twice' : 'a session used twice'}`,
  };
}

async function stalled(port) {
  const { log } = await withPush(
    port,
    {},
    {
      name: 'stalled',
      rule: firstBodies(1, { stallAfter: SIZE / 2 }),
    },
  );
  const at = log.find((row) => row.stalled !== undefined)?.stalled ?? 0;
  // What comes next is the new session, or the end of the old one.
  const noticed = (log.find(({ began }) => began > at + 1)?.began ?? Infinity) - at;
  return { isGood: noticed <= 31, text: `a stalled body noticed after ${format(noticed, 1)} s (at most 30)` };
}

async function turnedAway(port) {
  let refused = 0;
  const { log } = await withPush(
    port,
    {},
    {
      name: 'turned-away',
      rule: ({ method, url }) =>
        method === 'POST' && /\/blobs\/uploads\//.test(url) && refused++ === 0
          ? { status: 429, headers: { 'retry-after': '2' } }
          : undefined,
    },
  );
  const posts = log.filter(({ method }) => method === 'POST');
  const first = posts.find(({ status }) => status === 429);
  const waited = posts.at(-1).began - first.began;
  return { isGood: waited >= 1.95, text: `429 with Retry-After 2: waited ${format(waited, 1)} s` };
}

async function shortTokens(port) {
  const { log, seconds } = await withPush(
    port,
    { tokenSeconds: 5 },
    {
      size: 20e6,
      name: 'short-tokens',
      rule: (row) => (isBody(row) ? { bytesPerSecond: 1e6 } : undefined),
    },
  );
  const refusals = log.filter(({ status }) => status === 401).length;
  return {
    isGood: seconds >= 19,
    text: `tokens of 5 s, a body of ${format(seconds, 0)} s: pushed, ${refusals} requests turned away`,
  };
}
