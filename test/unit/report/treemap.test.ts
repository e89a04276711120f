import test from 'ava';
import fc from 'fast-check';
import { squarify, type Rectangle } from '../../../src/report/treemap.js';

const AREA: Rectangle = { x: 10, y: 20, width: 600, height: 400 };

function cellsOf(sizes: readonly number[], area: Rectangle = AREA) {
  return squarify(sizes, (size) => size, area);
}

test('the cells of the paper', (t) => {
  const cells = cellsOf([6, 6, 4, 3, 2, 2, 1], { x: 0, y: 0, width: 6, height: 4 });
  const rounded = cells.map(({ cell: { x, y, width, height } }) =>
    [x, y, width, height].map((number) => Math.round(number * 100) / 100),
  );
  t.deepEqual(rounded, [
    [0, 0, 3, 2],
    [0, 2, 3, 2],
    [3, 0, 1.71, 2.33],
    [4.71, 0, 1.29, 2.33],
    [3, 2.33, 1.2, 1.67],
    [4.2, 2.33, 1.2, 1.67],
    [5.4, 2.33, 0.6, 1.67],
  ]);
});

test('without sizes or without room there are no cells', (t) => {
  t.deepEqual(cellsOf([]), []);
  t.deepEqual(cellsOf([0, 0]), []);
  t.deepEqual(cellsOf([1], { ...AREA, width: 0 }), []);
  t.is(cellsOf([5, 0]).length, 1);
});

const sizes = fc
  .array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 60 })
  .map((all) => all.toSorted((a, b) => b - a));

test('areas are as sizes, nothing overlaps and nothing stands outside', (t) => {
  fc.assert(
    fc.property(sizes, (all) => {
      const cells = cellsOf(all);
      const whole = all.reduce((a, b) => a + b, 0);
      const near = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * AREA.width * AREA.height;
      t.deepEqual(
        cells.map(({ item }) => item),
        all,
      );
      for (const { item, cell } of cells)
        t.true(near(cell.width * cell.height, (item / whole) * AREA.width * AREA.height));
      for (const { cell: a } of cells) {
        t.true(a.x >= AREA.x - 1e-6 && a.x + a.width <= AREA.x + AREA.width + 1e-6);
        t.true(a.y >= AREA.y - 1e-6 && a.y + a.height <= AREA.y + AREA.height + 1e-6);
        for (const { cell: b } of cells)
          if (a !== b)
            t.true(
              a.x + a.width <= b.x + 1e-6 ||
                b.x + b.width <= a.x + 1e-6 ||
                a.y + a.height <= b.y + 1e-6 ||
                b.y + b.height <= a.y + 1e-6,
            );
      }
    }),
    { numRuns: 60 },
  );
});
