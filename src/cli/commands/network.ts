// `tsbuild network create|ls|inspect|rm|connect|disconnect|prune`.
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { labelsOf, listRows, renderDetails, runFamily, type Work } from '../run-family.js';

const FIELDS = ['ID', 'Name', 'Driver', 'Scope'] as const;
const SHORT_ID = 12;

/** The exit status. @throws TsbuildError */
export const runNetwork = (argv: readonly string[], host: CliHost): Promise<number> =>
  runFamily('network', WORKS, argv, host);

const WORKS: Readonly<Record<string, Work>> = {
  create: {
    least: 1,
    most: 1,
    async run(args, api, host) {
      const [name = ''] = args.positionals;
      const [driver, subnet] = [args.text('driver'), args.text('subnet')];
      const [gateway, ipRange] = [args.text('gateway'), args.text('ip-range')];
      const { Id } = await api.createNetwork(
        {
          name,
          labels: labelsOf(args),
          isInternal: args.flag('internal'),
          ...(driver !== undefined && { driver }),
          ...(subnet !== undefined && { subnet }),
          ...(gateway !== undefined && { gateway }),
          ...(ipRange !== undefined && { ipRange }),
        },
        callOptions(host),
      );
      host.print(`${Id}\n`);
    },
  },
  ls: {
    least: 0,
    most: 0,
    async run(args, api, host) {
      const found = await api.networks({ filters: args.list('filter') }, callOptions(host));
      await listRows(args, host, {
        rows: found.map(({ Id, Name, Driver, Scope }) => ({
          ID: Id.slice(0, SHORT_ID),
          Name,
          Driver,
          Scope,
        })),
        fields: FIELDS,
        columns: FIELDS,
        titles: { ID: 'NETWORK ID' },
        key: 'ID',
      });
    },
  },
  inspect: {
    least: 1,
    async run(args, api, host) {
      const found = await api.inspectNetworks(args.positionals, callOptions(host));
      host.stdout.write(renderDetails(args, found));
    },
  },
  rm: {
    least: 1,
    async run(args, api, host) {
      const request = { networks: args.positionals, force: args.flag('force') };
      const removed = await api.removeNetworks(request, callOptions(host));
      host.print(removed.map((name) => `${name}\n`).join(''));
    },
  },
  connect: {
    least: 2,
    most: 2,
    async run(args, api, host) {
      const [network = '', container = ''] = args.positionals;
      const [aliases, ipAddress] = [args.list('alias'), args.text('ip')];
      await api.connectNetwork(
        { network, container, aliases, ...(ipAddress !== undefined && { ipAddress }) },
        callOptions(host),
      );
    },
  },
  disconnect: {
    least: 2,
    most: 2,
    async run(args, api, host) {
      const [network = '', container = ''] = args.positionals;
      await api.disconnectNetwork({ network, container, force: args.flag('force') }, callOptions(host));
    },
  },
  prune: {
    least: 0,
    most: 0,
    async run(args, api, host) {
      const removed = await api.pruneNetworks({ filters: args.list('filter') }, callOptions(host));
      host.print(removed.map((name) => `${name}\n`).join(''));
    },
  },
};
