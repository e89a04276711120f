// The builds of the matrix: fixtures/node-app, and conformance cases with RUN on which the known builders agree.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLOSED_TO_OTHERS } from '../closed-to-others.mjs';

const HAS_RUN = /^\s*RUN\b/m;

/** Cases that are nothing but a Dockerfile in a context, in the order of the suite. */
function plainCases(conformance) {
  const read = (name) => JSON.parse(readFileSync(join(conformance, name), 'utf8'));
  const index = read('index.json');
  return read('cases.json').filter(
    (known) =>
      index[known.id].class === 'A' &&
      HAS_RUN.test(known.dockerfileText) &&
      known.contextDir &&
      !known.flags &&
      !known.syntaxLine &&
      !known.dockerfileOutsideContext,
  );
}

/** Whether everybody may read all of it: otherwise an ordinary user could not send it as root does. */
function isOpen(directory) {
  return (
    execFileSync('find', [directory, ...CLOSED_TO_OTHERS, '-print', '-quit'], { encoding: 'utf8' }) === ''
  );
}

/**
 * Unpacks the contexts below `scratch`.
 * @returns builds `{ name, args }`; `args` end with the context. `secrets`: options that hand npm's settings to the application
 */
export function matrixBuilds({ conformance, scratch, count, hasApplication }) {
  execFileSync('tar', [
    '--xattrs',
    '--numeric-owner',
    '-xpf',
    join(conformance, 'cases.tar.xz'),
    '-C',
    scratch,
  ]);
  const cases = plainCases(conformance)
    .map((known) => ({ ...known, context: join(scratch, known.contextDir) }))
    .filter(({ context }) => isOpen(context))
    .slice(0, count)
    .map(({ id, context, dockerfile, buildArgs, target }) => ({
      name: id,
      args: [
        ...Object.entries(buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
        ...(target ? ['--target', target] : []),
        '--file',
        join(context, dockerfile),
        context,
      ],
    }));
  const application = { name: 'node-app', isApplication: true, args: ['fixtures/node-app'] };
  return hasApplication ? [application, ...cases] : cases;
}
