// `tsbuild doctor`: what this machine can do for a RUN, and what would make it better.
import { exitStatusOf } from '../../core/errors.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { renderDiagnosis } from '../render/diagnosis.js';
import { runHelp } from './help.js';

/** 0 when a RUN can be isolated somehow, else the status of a build that is refused for it. @throws TsbuildError */
export async function runDoctor(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'doctor', host.env);
  if (args.flag('help')) return runHelp(['doctor'], host);
  const api = await host.loadApi();
  const diagnosis = await api.doctor({ env: host.env, signal: host.signal });
  host.stdout.write(
    args.flag('json') ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderDiagnosis(diagnosis),
  );
  return diagnosis.isolation === 'none' ? exitStatusOf('SANDBOX_UNSUPPORTED') : 0;
}
