// How far something has come, as a picture: `[=====>    ]`. Plain characters, which every terminal has. Pure.

const CELLS = 20;

/** Empty when nobody knows how much there is. */
export function progressBar({
  current,
  total,
}: {
  readonly current: number;
  readonly total?: number | undefined;
}): string {
  if (!total) return '';
  const filled = Math.min(CELLS, Math.max(0, Math.floor((current / total) * CELLS)));
  const done = filled === CELLS ? '='.repeat(CELLS) : `${'='.repeat(filled)}>`.slice(0, CELLS);
  return `[${done.padEnd(CELLS)}]`;
}
