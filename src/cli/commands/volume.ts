// `tsbuild volume create|ls|inspect|rm|prune`.
import type { VolumeDetails } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { labelsOf, listRows, renderDetails, runFamily, type Work } from '../run-family.js';
import { formatSize } from '../render/size-and-age.js';

const FIELDS = ['Driver', 'Labels', 'Mountpoint', 'Name', 'Scope'] as const;

/** The exit status. @throws TsbuildError */
export const runVolume = (argv: readonly string[], host: CliHost): Promise<number> =>
  runFamily('volume', WORKS, argv, host);

const WORKS: Readonly<Record<string, Work>> = {
  create: {
    least: 0,
    most: 1,
    async run(args, api, host) {
      const [name] = args.positionals;
      const driver = args.text('driver');
      const { Name } = await api.createVolume(
        {
          labels: labelsOf(args),
          ...(name !== undefined && { name }),
          ...(driver !== undefined && { driver }),
        },
        callOptions(host),
      );
      host.print(`${Name}\n`);
    },
  },
  ls: {
    least: 0,
    most: 0,
    async run(args, api, host) {
      const found = await api.volumes({ filters: args.list('filter') }, callOptions(host));
      await listRows(args, host, {
        rows: found.map(rowOf),
        fields: FIELDS,
        columns: ['Driver', 'Name'],
        titles: { Name: 'VOLUME NAME' },
        key: 'Name',
      });
    },
  },
  inspect: {
    least: 1,
    async run(args, api, host) {
      const found = await api.inspectVolumes(args.positionals, callOptions(host));
      host.stdout.write(renderDetails(args, found));
    },
  },
  rm: {
    least: 1,
    async run(args, api, host) {
      const request = { names: args.positionals, force: args.flag('force') };
      const removed = await api.removeVolumes(request, callOptions(host));
      const names = request.force ? request.names : removed;
      host.print(names.map((name) => `${name}\n`).join(''));
    },
  },
  prune: {
    least: 0,
    most: 0,
    async run(args, api, host) {
      const request = { isAll: args.flag('all'), filters: args.list('filter') };
      const { names, freedBytes } = await api.pruneVolumes(request, callOptions(host));
      host.print(
        `${names.map((name) => `${name}\n`).join('')}Total reclaimed space: ${formatSize(freedBytes)}\n`,
      );
    },
  },
};

function rowOf({ Driver, Labels, Mountpoint, Name, Scope }: VolumeDetails) {
  const labels = Object.entries(Labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return { Driver, Labels: labels.join(','), Mountpoint, Name, Scope };
}
