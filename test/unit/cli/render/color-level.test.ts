import test from 'ava';
import { colorLevel, type ColorLevel } from '../../../../src/cli/render/color-level.js';

test('colours: what the user says wins over what is known of the stream', (t) => {
  const cases: [NodeJS.ProcessEnv, boolean, ColorLevel][] = [
    [{ TERM: 'xterm' }, true, 1],
    [{ TERM: 'xterm-256color' }, true, 2],
    [{ COLORTERM: 'truecolor' }, true, 3],
    [{ TERM: 'xterm' }, false, 0],
    [{ TERM: 'dumb' }, true, 0],
    [{ NO_COLOR: '1' }, true, 0],
    [{ NO_COLOR: '' }, true, 1],
    [{ FORCE_COLOR: '1' }, false, 1],
    [{ FORCE_COLOR: '', TERM: 'xterm-256color' }, false, 2],
    [{ FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, false, 1],
    [{ FORCE_COLOR: '3' }, false, 3],
    [{ FORCE_COLOR: '0' }, true, 0],
    [{ FORCE_COLOR: 'false' }, true, 0],
  ];
  for (const [env, isTerminal, level] of cases) t.is(colorLevel(env, isTerminal), level, JSON.stringify(env));
});
