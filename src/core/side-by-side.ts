// Work for many items of which only some are worked on at a time.

/**
 * Begins with the items in their order, `limit` at a time. After a failure it begins with no more; what it has begun
 * with ends by itself.
 */
export async function sideBySide<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  let begun = 0;
  let isFailed = false;
  const lane = async (): Promise<void> => {
    while (begun < items.length && !isFailed) {
      try {
        await work(items[begun++]!);
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
}
