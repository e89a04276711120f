// The report of `tsbuild doctor` as text: a table of the rungs and one of the host's tools, each failure with its
// reason and its mend.
import type { Diagnosis } from '../../index.js';
import { escapeLine } from './escape.js';

const COLUMN = 16;
const INDENT = ' '.repeat(COLUMN + 2);

/** Lines as narrow as their contents; ends with a newline. Pure. */
export function renderDiagnosis({
  host,
  isolation,
  rungs,
  filesystems,
  network,
  platforms,
  tools,
}: Diagnosis): string {
  const user = host.uid === undefined ? '' : `, user ${host.user ?? '?'} (${host.uid})`;
  const missing = tools.filter((tool) => !tool.isAvailable);
  const sections = [
    [`${host.platform} ${host.arch}, node ${host.node}${user}, store ${escapeLine(host.store)}`],
    [headlineOf(isolation), '', ...rungs.flatMap(rungLines), ...row('none', 'works: builds without RUN')],
    [
      ...(filesystems.length > 0 ? [`With isolation ${isolation}:`, ''] : []),
      ...filesystems.flatMap(({ name, works, reason }) =>
        row(name, works ? 'works, as the file system of RUN' : `does not work: ${reason ?? 'unknown'}`),
      ),
      ...(network
        ? row('network', `${network.name}${network.reason === undefined ? '' : `: ${network.reason}`}`)
        : []),
    ],
    [...(platforms.length > 0 ? ['RUN of other platforms:', ''] : []), ...platformLines(platforms)],
    [
      ...(tools.length > 0 ? ['Found on this machine:', ''] : []),
      ...tools.flatMap((tool) =>
        tool.path === undefined ? [] : row(tool.name, tool.path === tool.name ? 'usable' : tool.path),
      ),
    ],
    [
      ...(missing.length > 0 ? ['Not found, or not usable by this user:', ''] : []),
      ...missing.flatMap(({ name, purpose, fix }) => [
        ...row(name, `for ${purpose}`),
        ...(fix === undefined ? [] : row('', `fix: ${fix}`)),
      ]),
    ],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headlineOf(isolation: Diagnosis['isolation']): string {
  return isolation === 'none'
    ? 'RUN and containers cannot be isolated on this machine and are refused. Builds without RUN work.'
    : `A build uses isolation ${isolation} for RUN, and so does a container.`;
}

function rungLines(rung: Diagnosis['rungs'][number]): string[] {
  const { name, description, works, about, reason, fixes } = rung;
  if (works) return row(name, `works: ${description}${about === undefined ? '' : `\n${about}`}`);
  return [
    ...row(name, `does not work: ${reason ?? 'unknown'}`),
    ...fixes.flatMap((fix, i) => row('', `${i === 0 ? 'fix' : 'or'}: ${fix}`)),
  ];
}

const BY = {
  processor: 'works: this processor executes it',
  'own-emulator': 'works, emulated',
  'host-emulator': 'works, emulated by what this machine has registered',
} as const;

/** What does not work stands in one row: what is missing mostly is one package. */
function platformLines(platforms: Diagnosis['platforms']): string[] {
  const lacking = platforms.filter(({ by }) => by === 'nothing');
  const [first] = lacking;
  return [
    ...platforms.flatMap(({ name, by, emulator }) =>
      by === 'nothing' ? [] : row(name, `${BY[by]}${emulator === undefined ? '' : `: ${emulator}`}`),
    ),
    ...(first ? row('not', lacking.map(({ name }) => name).join(', ')) : []),
    ...(first?.reason === undefined ? [] : row('', first.reason)),
    ...(first?.fix === undefined ? [] : row('', `fix: ${first.fix}`)),
  ];
}

/** Further lines of the text stand below its first; what came from elsewhere cannot move the cursor. */
function row(name: string, text: string): string[] {
  return text
    .split('\n')
    .map((line, i) => (i === 0 ? `  ${name.padEnd(COLUMN)}${escapeLine(line)}` : INDENT + escapeLine(line)));
}
