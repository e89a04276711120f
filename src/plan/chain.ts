// A list that grows at its end and never changes: its longer form shares the shorter one.

export interface Link<T> {
  readonly item: T;
  readonly before: Chain<T>;
}

export type Chain<T> = Link<T> | undefined;

/** First to last. */
export function itemsOf<T>(chain: Chain<T>): T[] {
  const items: T[] = [];
  for (let link = chain; link; link = link.before) items.push(link.item);
  return items.reverse();
}
