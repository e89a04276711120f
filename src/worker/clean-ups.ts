// What must be undone at the end, last first, each whatever becomes of the others.

export interface CleanUps {
  add(undo: () => void): void;
  /** Once. @returns what the ones that failed threw */
  run(): readonly unknown[];
}

export function createCleanUps(): CleanUps {
  const undo: (() => void)[] = [];
  return {
    add: (action) => void undo.push(action),
    run: () =>
      undo
        .splice(0)
        .toReversed()
        .flatMap((action) => {
          try {
            action();
            return [];
          } catch (error) {
            return [error];
          }
        }),
  };
}
