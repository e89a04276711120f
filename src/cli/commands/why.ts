// `tsbuild why [STEP]`: why the steps of a build ran, from its log.
import { explainSteps, type StepExplanation } from '../../core/explain-steps.js';
import { TsbuildError } from '../../core/errors.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { renderWhy } from '../render/why.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError OPTION_INVALID for a step or a build that there is not */
export async function runWhy(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'why', host.env);
  if (args.flag('help')) return runHelp(['why'], host);
  checkPositionals('why', args.positionals, { least: 0, most: 1 });
  const api = await host.loadApi();
  const { build, events } = await api.buildLog(args.text('build'), callOptions(host));
  const steps = explainSteps(events);
  host.stdout.write(renderWhy(chosen(steps, args.positionals[0], build.id)));
  return 0;
}

function chosen(
  steps: readonly StepExplanation[],
  part: string | undefined,
  id: string,
): readonly StepExplanation[] {
  if (part === undefined) {
    if (steps.length > 0) return steps;
    throw new TsbuildError('OPTION_INVALID', `no step began in the build ${id}`, {
      hint: `tsbuild logs --build ${id} shows what happened`,
    });
  }
  const wanted = part.toLowerCase();
  const found = steps.filter(({ name }) => name.toLowerCase().includes(wanted));
  if (found.length > 0) return found;
  throw new TsbuildError(
    'OPTION_INVALID',
    `no step of the build ${id} has ${JSON.stringify(part)} in its name`,
    {
      hint: 'tsbuild why without a step lists all of them',
    },
  );
}
