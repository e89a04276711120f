// Closes what work used, whatever becomes of the work and of closing.

export type Closing = () => Promise<unknown> | void;

/** All of them, one after the other. @throws the first failure, after the last one */
export async function closeAll(closings: readonly Closing[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closings) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** The result of `work`. @throws what `work` throws, which tells more than closing; else as `closeAll` */
export async function closeAfter<T>(work: () => Promise<T>, closings: readonly Closing[]): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await closeAll(closings).catch(() => undefined);
    throw error;
  }
  await closeAll(closings);
  return result;
}
