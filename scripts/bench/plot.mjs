// Lines in an SVG, both axes logarithmic: a line of slope one is linear growth.
const PANEL = { width: 380, height: 230, left: 56, top: 34, gap: 40 };

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function scale(values, pixels) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const at = (value) => ((Math.log10(value) - low) / (high - low)) * pixels;
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { at, ticks };
}

const label = (x, y, text, more = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(text)}</text>`;

/** One panel: `points` of [size, value]. */
function panel({ title, xLabel, yLabel, points }, index) {
  const { width, height, left, top, gap } = PANEL;
  const x0 = left + (index % 2) * (width + left + gap);
  const y0 = top + Math.floor(index / 2) * (height + top + gap);
  const x = scale(
    points.map(([size]) => size),
    width,
  );
  const y = scale(
    points.map(([, value]) => value),
    height,
  );
  const at = ([size, value]) => [x0 + x.at(size), y0 + height - y.at(value)];
  const grid = [
    ...x.ticks.map((tick) => {
      const px = x0 + x.at(tick);
      return `<path class="grid" d="M${px} ${y0}V${y0 + height}"/>${label(px, y0 + height + 16, tick, 'text-anchor="middle"')}`;
    }),
    ...y.ticks.map((tick) => {
      const py = y0 + height - y.at(tick);
      return `<path class="grid" d="M${x0} ${py}H${x0 + width}"/>${label(x0 - 6, py + 4, tick, 'text-anchor="end"')}`;
    }),
  ];
  const line = points
    .map((point) =>
      at(point)
        .map((n) => n.toFixed(1))
        .join(' '),
    )
    .join('L');
  const dots = points.map((point) => {
    const [px, py] = at(point);
    return `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3"/>${label(px, py - 8, point[1], 'text-anchor="middle"')}`;
  });
  return [
    label(x0, y0 - 12, `${title}: ${yLabel} over ${xLabel}`, 'class="title"'),
    ...grid,
    `<path class="line" d="M${line}"/>`,
    ...dots,
  ].join('\n');
}

/** The text of an SVG with two panels in a row. */
export function plot(panels) {
  const { width, height, left, top, gap } = PANEL;
  const rows = Math.ceil(panels.length / 2);
  const size = [2 * (width + left + gap), rows * (height + top + gap)];
  const style =
    'text{font:11px sans-serif;fill:#333}.title{font-weight:bold}.grid{stroke:#ddd}.line{fill:none;stroke:#2266aa;stroke-width:2}circle{fill:#2266aa}';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" width="${size[0]}">
<style>${style}</style>
<rect width="100%" height="100%" fill="#fff"/>
${panels.map(panel).join('\n')}
</svg>
`;
}
