// The page about a build: written by the real command, and read by a real browser.
import test, { type ExecutionContext } from 'ava';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChromium, type Page } from '../support/chromium.js';
import { testNeeding } from '../support/requirements.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import {
  assertBuilt,
  dockerfileWithShell,
  hostShell,
  workspace,
  type Workspace,
} from '../support/workspace.js';

const DOCKERFILE = `FROM scratch as files
COPY src /src
FROM scratch
COPY --from=files /src /app
COPY large /app/large
COPY small /app/large
`;
const FILES = { Dockerfile: DOCKERFILE, 'src/a': 'a', large: 'x'.repeat(50_000), small: 's' };

function command({ store, root }: Workspace, ...args: string[]) {
  return runTsbuild(args, { store, cwd: root });
}

function pageOf({ root }: Workspace, name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

test('a build writes its report, and report writes the same again', async (t) => {
  const place = workspace(t, FILES);
  const path = join(place.root, 'build.html');
  const build = await place.build(['-t', 'app:1', '--report', path]);
  assertBuilt(t, build);
  t.true(build.stderr.includes(`note: the report of this build is in ${path}\n`));
  const page = pageOf(place, 'build.html');
  t.regex(page, /<h1>app:1 <span class="status done">succeeded<\/span><\/h1>/);
  t.regex(page, /FromAsCasing: /);
  t.regex(
    page,
    /<th scope="row" class="path">\/app\/large<\/th><td class="number">50 kB<\/td>.*replaced in layer 3/,
  );
  t.regex(page, /COPY --from=files \/src \/app/);
  t.regex(page, /stage-1 starts from scratch and needs files\./);
  const again = await command(place, 'report');
  t.is(again.code, 0, again.stderr);
  t.regex(again.stderr, /^the report of the build \w{12} is in build-report\.html\n$/);
  t.is(pageOf(place, 'build-report.html'), page);
  const [id = ''] = (await command(place, 'builds', '-q')).stdout.toString().split('\n');
  const printed = await command(place, 'report', id.slice(0, 10), '-o', '-');
  t.is(printed.stdout.toString(), page);
});

testNeeding('sandbox')(
  'a build that fails writes its report too, with the last lines of the step',
  async (t) => {
    const text = 'RUN echo "looking for <b>main.c</b>"; echo "no such file" >&2; exit 3\n';
    const place = workspace(t, { Dockerfile: dockerfileWithShell(text) });
    const path = join(place.root, 'build.html');
    const build = await place.build([...hostShell(), `--report=${path}`]);
    t.is(build.code, 1);
    t.true(build.stderr.includes(`note: the report of this build is in ${path}\n`));
    const page = pageOf(place, 'build.html');
    t.regex(page, /<span class="status error">failed<\/span>/);
    t.regex(page, /looking for &lt;b&gt;main\.c&lt;\/b&gt;\nno such file<\/pre>/);
    t.regex(page, /STEP_EXIT_NONZERO/);
    t.false(page.includes('id="files"'));
    const again = await command(place, 'report', '-o', 'again.html');
    t.is(again.code, 0, again.stderr);
    t.is(pageOf(place, 'again.html'), page);
  },
);

test('a report that cannot be written is told before the build, and one of no build after it', async (t) => {
  const place = workspace(t, FILES);
  const build = await place.build(['--report', join(place.root, 'missing', 'build.html')]);
  t.not(build.code, 0);
  t.regex(build.stderr, /^ERROR: .*missing/m);
  t.false(
    existsSync(join(place.store, 'local', 'v1', 'builds')) &&
      readdirSync(join(place.store, 'local', 'v1', 'builds')).length > 0,
  );
  const none = await command(place, 'report');
  t.is(none.code, 2);
  t.regex(none.stderr, /^ERROR: there is no log of a build$/m);
});

test('a build that is found whole has a report of hits', async (t) => {
  const place = workspace(t, FILES);
  assertBuilt(t, await place.build([]));
  assertBuilt(t, await place.build(['--report', join(place.root, 'build.html')]));
  const page = pageOf(place, 'build.html');
  t.regex(page, /<dt>From a cache<\/dt><dd>4 <span class="more">100 %<\/span><\/dd>/);
  t.regex(page, /<li>taken from the store<\/li>/);
});

/** Colours of all texts against what is behind them, in the page. */
const CONTRASTS = `(() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return rgb(getComputedStyle(document.documentElement).backgroundColor);
  };
  const cells = ['.cell.depth1', '.cell.depth2', '.cell.depth3'].flatMap((name) => document.querySelector(name) ?? []).map((cell) => rgb(getComputedStyle(cell).fill));
  const box = document.querySelector('.box rect');
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || element.closest('title, desc, .hidden')) continue;
    const style = getComputedStyle(element);
    const isSvg = element.closest('svg') !== null;
    const grounds = !isSvg ? [behind(element)] : element.closest('.treemap') ? cells : [rgb(getComputedStyle(box).fill)];
    for (const ground of grounds) {
      const [a, b] = [light(rgb(isSvg ? style.fill : style.color)), light(ground)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) found.push(node.data.trim().slice(0, 40) + ' ' + ratio.toFixed(2));
    }
  }
  return found;
})()`;

/** What Tab must reach, and how many times the page is wider than the window. */
const INTERACTIVE = `[...document.querySelectorAll('a[href], summary, [tabindex="0"]')].length`;
const FOCUSED = `(() => { const all = [...document.querySelectorAll('a[href], summary, [tabindex="0"]')]; return all.indexOf(document.activeElement); })()`;
const OUTLINE = `getComputedStyle(document.activeElement).outlineStyle`;
const WIDER = `document.documentElement.scrollWidth - document.documentElement.clientWidth`;

interface AxNode {
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
  readonly ignored?: boolean;
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value: unknown } }[];
}

async function accessibleNodes(page: Page): Promise<readonly AxNode[]> {
  const { nodes } = (await page.send('Accessibility.getFullAXTree')) as { nodes: readonly AxNode[] };
  return nodes.filter(({ ignored }) => ignored !== true);
}

/** Landmarks, headings in order, tables and pictures with names. */
async function assertAccessible(t: ExecutionContext, page: Page): Promise<void> {
  const nodes = await accessibleNodes(page);
  const named = (role: string) => nodes.filter((node) => node.role?.value === role);
  for (const role of ['banner', 'navigation', 'main']) t.is(named(role).length, 1, role);
  const levels = named('heading').map(
    ({ properties = [] }) => properties.find(({ name }) => name === 'level')?.value.value as number,
  );
  t.is(levels.filter((level) => level === 1).length, 1);
  levels.forEach((level, place) => t.true(place === 0 || level <= levels[place - 1]! + 1, `h${level}`));
  for (const role of ['table', 'image', 'region', 'link', 'DisclosureTriangle', 'columnheader', 'rowheader'])
    for (const node of named(role)) t.truthy(node.name?.value, `a ${role} without a name`);
  t.true(named('table').length > 0);
}

async function assertReachable(t: ExecutionContext, page: Page): Promise<void> {
  const expected = await page.evaluate<number>(INTERACTIVE);
  const reached = new Set<number>();
  for (let i = 0; i < expected + 5 && reached.size < expected; i++) {
    await page.press('Tab');
    const focused = await page.evaluate<number>(FOCUSED);
    if (focused < 0) continue;
    reached.add(focused);
    t.is(
      await page.evaluate<string>(OUTLINE),
      'solid',
      `element ${focused} does not show that it has the focus`,
    );
  }
  t.is(reached.size, expected);
}

async function assertReadable(t: ExecutionContext, page: Page, file: string): Promise<void> {
  for (const scheme of ['light', 'dark']) {
    await page.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    });
    await page.open(file);
    t.deepEqual(await page.evaluate<string[]>(CONTRASTS), [], scheme);
    const ground = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    t.is(ground, scheme === 'dark' ? 'rgb(20, 23, 26)' : 'rgb(255, 255, 255)');
  }
}

testNeeding('chromium', 'sandbox')(
  'a browser shows the pages without complaint, to eyes, keyboards and screen readers',
  async (t) => {
    t.timeout(120_000);
    const good = workspace(t, FILES);
    assertBuilt(t, await good.build(['-t', 'app:1', '--report', join(good.root, 'build.html')]));
    const hostile = '<img src=x onerror=alert(1)> </pre><script>alert(2)</script>';
    const bad = workspace(t, { Dockerfile: dockerfileWithShell(`RUN echo '${hostile}'; exit 3\n`) });
    t.is((await bad.build([...hostShell(), '--report', join(bad.root, 'build.html')])).code, 1);
    const browser = startChromium();
    try {
      for (const { root } of [good, bad]) {
        const page = await browser.newPage();
        const file = join(root, 'build.html');
        await assertReadable(t, page, file);
        await assertAccessible(t, page);
        await assertReachable(t, page);
        await page.send('Emulation.setDeviceMetricsOverride', {
          width: 400,
          height: 800,
          deviceScaleFactor: 1,
          mobile: true,
        });
        t.is(await page.evaluate<number>(WIDER), 0);
        t.is(await page.evaluate<number>(`document.querySelectorAll('script, img, iframe').length`), 0);
        t.deepEqual(page.complaints, []);
      }
      const page = await browser.newPage();
      const broken = join(good.root, 'broken.html');
      writeFileSync(broken, pageOf(good, 'build.html').replace('</main>', '<script>1</script></main>'));
      await page.open(broken);
      t.regex(page.complaints.join('\n'), /script-src|default-src/, 'the policy of the page is in force');
    } finally {
      await browser.close();
    }
  },
);
