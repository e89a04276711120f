// Rectangles whose areas are as sizes: the squarified treemap of Bruls, Huizing and van Wijk (2000). Pure.
// Invariant: the cells fill the area, and none overlaps another.

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Sized<T> {
  readonly item: T;
  readonly area: number;
}

/**
 * A cell for each item, in their order; items of no size have none.
 * @param items largest first, which keeps the cells near to squares
 */
export function squarify<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  area: Rectangle,
): readonly { readonly item: T; readonly cell: Rectangle }[] {
  const whole = items.reduce((sum, item) => sum + Math.max(0, sizeOf(item)), 0);
  if (whole <= 0 || area.width <= 0 || area.height <= 0) return [];
  const scale = (area.width * area.height) / whole;
  const sized = items
    .map((item): Sized<T> => ({ item, area: Math.max(0, sizeOf(item)) * scale }))
    .filter((each) => each.area > 0);
  const cells: { item: T; cell: Rectangle }[] = [];
  let free = area;
  for (let from = 0; from < sized.length;) {
    const row = rowFrom(sized, from, Math.min(free.width, free.height));
    const isLast = from + row.length === sized.length;
    const laid = layRow(row, free, isLast);
    cells.push(...laid.cells);
    free = laid.rest;
    from += row.length;
  }
  return cells;
}

/** Takes items as long as the worst cell of the row becomes no longer. */
function rowFrom<T>(sized: readonly Sized<T>[], from: number, side: number): readonly Sized<T>[] {
  let [sum, largest, smallest] = [0, 0, Infinity];
  let worst = Infinity;
  let to = from;
  for (; to < sized.length; to++) {
    const { area } = sized[to]!;
    sum += area;
    largest = Math.max(largest, area);
    smallest = Math.min(smallest, area);
    const next = Math.max((side ** 2 * largest) / sum ** 2, sum ** 2 / (side ** 2 * smallest));
    if (next > worst) break;
    worst = next;
  }
  return sized.slice(from, to);
}

/** Along the shorter side. @param isLast takes all that is left, so that nothing is lost to rounding */
function layRow<T>(row: readonly Sized<T>[], free: Rectangle, isLast: boolean) {
  const sum = row.reduce((total, { area }) => total + area, 0);
  const isUpright = free.width >= free.height;
  const [side, other] = isUpright ? [free.height, free.width] : [free.width, free.height];
  const depth = isLast ? other : Math.min(other, sum / side);
  let at = 0;
  const cells = row.map(({ item, area }) => {
    const length = (area / sum) * side;
    const cell: Rectangle = isUpright
      ? { x: free.x, y: free.y + at, width: depth, height: length }
      : { x: free.x + at, y: free.y, width: length, height: depth };
    at += length;
    return { item, cell };
  });
  const rest: Rectangle = isUpright
    ? { ...free, x: free.x + depth, width: free.width - depth }
    : { ...free, y: free.y + depth, height: free.height - depth };
  return { cells, rest };
}
