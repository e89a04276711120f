// Runs rows of an acceptance list one after the other beside a docker-registry of its own, and prints a line for each result with its
// figures. The process exits with 1 when one misses its bound.
import { startRegistry } from './registry.mjs';

/**
 * @param rows by number: title, and a function that loads the module of the row, whose `run(registry)` gives one result or several:
 * { isGood, figures }
 */
export async function runRows(rows) {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(rows);
  const registry = await startRegistry();
  try {
    for (const number of wanted) {
      const row = rows[number];
      if (!row) throw new Error(`there is no row ${number}; the rows are ${Object.keys(rows).join(', ')}`);
      const [title, load] = row;
      const { run } = await load();
      for (const { isGood, figures } of [await run(registry)].flat()) {
        console.log(`row ${number} ${isGood ? 'ok  ' : 'MISS'} ${title}: ${figures}`);
        if (!isGood) process.exitCode = 1;
      }
    }
  } finally {
    await registry.stop();
  }
}
