// `tsbuild events`: a line for each event, as docker prints it, as JSON or through a template.
import type { ContainerEvent } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { parseEventFilters } from '../parse/container-filter.js';
import { checkPositionals } from '../positionals.js';
import { escapeLine } from '../render/escape.js';
import { renderFormat } from '../render/template.js';
import { runHelp } from './help.js';
import { timesOf } from './logs.js';

const FIELDS = ['status', 'id', 'from', 'Type', 'Action', 'Actor', 'scope', 'time', 'timeNano'] as const;
const INTERRUPTED = 130;

/** The exit status. @throws TsbuildError */
export async function runEvents(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'events', host.env);
  if (args.flag('help')) return runHelp(['events'], host);
  checkPositionals('events', args.positionals, { least: 0, most: 0 });
  const format = args.text('format');
  const api = await host.loadApi();
  const events = await api.containerEvents(
    { ...parseEventFilters(args.list('filter')), ...timesOf(args, host.now()) },
    callOptions(host),
  );
  for await (const event of events) {
    host.stdout.write(
      format === undefined
        ? `${lineOf(event)}\n`
        : renderFormat(format, [rowOf(event)], { fields: FIELDS, style: {} }),
    );
    if (host.isStdoutGone()) break;
  }
  return host.signal.aborted ? INTERRUPTED : 0;
}

/** With the members of older engines, which scripts read. */
function rowOf(event: ContainerEvent): Readonly<Record<string, unknown>> {
  const { Action, Actor } = event;
  return { status: Action, id: Actor.ID, from: Actor.Attributes['image'], ...event };
}

/** `2026-01-02T03:04:05.000000000Z container start ID (image=app:1, name=web)` */
function lineOf({ Type, Action, Actor, time, timeNano }: ContainerEvent): string {
  const fraction = String(timeNano % 1e9).padStart(9, '0');
  const clock = `${new Date(time * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
  const attributes = Object.entries(Actor.Attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return escapeLine(`${clock} ${Type} ${Action} ${Actor.ID} (${attributes.join(', ')})`);
}
