// `tsbuild images [NAME]`: the images in the store as a table, as JSON or through a template.
import type { ImageSummary } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { parseImageFilters } from '../parse/image-filter.js';
import { checkPositionals } from '../positionals.js';
import { formatAge, formatCreated, formatSize, shortId } from '../render/size-and-age.js';
import { renderTable, tableStyleOf, type Column } from '../render/table.js';
import { renderFormat } from '../render/template.js';
import { runHelp } from './help.js';

/** The members of a line, as `docker images --format json` has them, and the platform. */
const FIELDS = [
  'Repository',
  'Tag',
  'Digest',
  'ID',
  'CreatedAt',
  'CreatedSince',
  'Size',
  'Platform',
] as const;
type ImageRow = Readonly<Record<(typeof FIELDS)[number], string>>;

const TITLES = { ID: 'IMAGE ID', CreatedAt: 'CREATED AT', CreatedSince: 'CREATED' };
const NONE = '<none>';

/** The exit status. @throws TsbuildError */
export async function runImages(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'images', host.env);
  if (args.flag('help')) return runHelp(['images'], host);
  checkPositionals('images', args.positionals, { least: 0, most: 1 });
  const named = args.positionals.map((name) => `reference=${name}`);
  const filter = parseImageFilters([...named, ...args.list('filter')]);
  const isOfNames = !args.flag('all') && filter.isDangling === undefined;
  const api = await host.loadApi();
  const images = await api.images(isOfNames ? { ...filter, isDangling: false } : filter, callOptions(host));
  const rows = images.map((image) => rowOf(image, { now: host.now(), isLong: args.flag('no-trunc') }));
  const format = args.text('format') ?? 'table';
  const style = await tableStyleOf(host.stdout, host.env);
  if (args.flag('quiet')) host.stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''));
  else if (format === 'table')
    host.stdout.write(renderTable(columnsOf({ hasDigests: args.flag('digests') }), rows, style));
  else host.stdout.write(renderFormat(format, rows, { fields: FIELDS, titles: TITLES, style }));
  return 0;
}

function rowOf(
  { repository, tag, registryDigest, id, created, size, platform }: ImageSummary,
  { now, isLong }: { readonly now: number; readonly isLong: boolean },
): ImageRow {
  return {
    Repository: repository ?? NONE,
    Tag: tag ?? NONE,
    Digest: registryDigest ?? NONE,
    ID: isLong ? id : shortId(id),
    CreatedAt: formatCreated(created),
    CreatedSince: formatAge(created, now),
    Size: formatSize(size),
    Platform: platform,
  };
}

function columnsOf({ hasDigests }: { readonly hasDigests: boolean }): readonly Column<ImageRow>[] {
  const digests: Column<ImageRow> = { title: 'DIGEST', text: (row) => row.Digest };
  return [
    { title: 'REPOSITORY', text: (row) => row.Repository, isCut: true },
    { title: 'TAG', text: (row) => row.Tag, isCut: true },
    ...(hasDigests ? [digests] : []),
    { title: 'IMAGE ID', text: (row) => row.ID },
    { title: 'CREATED', text: (row) => row.CreatedSince },
    { title: 'SIZE', text: (row) => row.Size, isRight: true },
    { title: 'PLATFORM', text: (row) => row.Platform },
  ];
}
