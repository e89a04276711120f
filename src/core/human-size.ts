// Sizes as docker prints them (go-units HumanSizeWithPrecision). Pure.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Three digits, decimal units: `7.38MB`, `123MB`. */
export function formatSize(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${Number(amount.toPrecision(3))}${UNITS[unit]}`;
}
