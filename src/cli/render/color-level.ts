// Whether colours are printed, and how many. What the user says wins over what is known of the stream. Pure.
// Spec: no-color.org, force-color.org.

/** 0 no colours, 1 sixteen, 2 of 256, 3 of 24 bit. */
export type ColorLevel = 0 | 1 | 2 | 3;

/**
 * `FORCE_COLOR` wins over `NO_COLOR`, as in Node: who forces colours on for one command knows what else is set.
 * @param isTerminal whether it is printed on one
 */
export function colorLevel(env: NodeJS.ProcessEnv, isTerminal: boolean): ColorLevel {
  const forced = env['FORCE_COLOR'];
  if (forced === '0' || forced === 'false') return 0;
  if (forced === '2' || forced === '3') return forced === '2' ? 2 : 3;
  if (forced !== undefined) return levelOfTerminal(env) || 1;
  if (env['NO_COLOR'] || env['TERM'] === 'dumb' || !isTerminal) return 0;
  return levelOfTerminal(env);
}

function levelOfTerminal(env: NodeJS.ProcessEnv): ColorLevel {
  if (/^(truecolor|24bit)$/.test(env['COLORTERM'] ?? '')) return 3;
  return /256/.test(env['TERM'] ?? '') ? 2 : 1;
}
