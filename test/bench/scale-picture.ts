/** The picture of `bench:scale`: what a first run costs, by size of the estate, on scales where a straight line is linear. */
import type { ScaleRun, ScaleSize } from './scale-figures.js';

const lines: readonly { readonly name: string; readonly colour: string; readonly of: (run: ScaleRun) => number }[] = [
  { name: 'NetBox requests', colour: '#1f6feb', of: (run) => run.requests },
  { name: 'CPU seconds', colour: '#bf4b00', of: (run) => run.cpuSeconds },
  { name: 'peak MiB', colour: '#1a7f37', of: (run) => run.peakMiB },
];

const box = { left: 60, top: 20, width: 420, height: 320 } as const;
const right = box.left + box.width;
const bottom = box.top + box.height;
const powers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Decades that hold all values. */
function decadesOf(values: readonly number[]): readonly [number, number] {
  const logs = values.map((value) => Math.log10(Math.max(value, 0.1)));
  return [Math.floor(Math.min(...logs)), Math.max(Math.ceil(Math.max(...logs)), Math.floor(Math.min(...logs)) + 1)];
}

/** Of what was measured without a limit of memory, which would bend the line of the memory. */
export function scalePicture(sizes: readonly ScaleSize[]): string {
  const firstRuns = sizes
    .filter(({ containerMb }) => containerMb === 0)
    .flatMap(({ guests, runs: [run] }) => (run === undefined ? [] : [{ guests, run }]));
  const [minX, maxX] = decadesOf(firstRuns.map(({ guests }) => guests));
  const [minY, maxY] = decadesOf(firstRuns.flatMap(({ run }) => lines.map(({ of }) => of(run))));
  const x = (value: number): number => Math.round(box.left + ((Math.log10(value) - minX) / (maxX - minX)) * box.width);
  const y = (value: number): number =>
    Math.round(bottom - ((Math.log10(Math.max(value, 0.1)) - minY) / (maxY - minY)) * box.height);
  const grid = [
    ...powers(minX, maxX).map((power) => {
      const at = x(10 ** power);
      return `<path d="M${at} ${box.top}V${bottom}" stroke="#d0d7de"/><text x="${at}" y="${bottom + 18}" text-anchor="middle">${(10 ** power).toLocaleString('en')}</text>`;
    }),
    ...powers(minY, maxY).map((power) => {
      const at = y(10 ** power);
      return `<path d="M${box.left} ${at}H${right}" stroke="#d0d7de"/><text x="${box.left - 6}" y="${at + 4}" text-anchor="end">${(10 ** power).toLocaleString('en')}</text>`;
    }),
  ];
  const drawn = lines.map(({ name, colour, of }, n) => {
    const points = firstRuns.map(({ guests, run }) => [x(guests), y(of(run))] as const);
    const dots = points.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`).join('');
    const path = points.map(([px, py]) => `${px},${py}`).join(' ');
    const legend = `<text x="${right + 12}" y="${box.top + 16 + n * 20}" fill="${colour}">${name}</text>`;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${legend}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 380" font-family="sans-serif" font-size="12" fill="#57606a">
<rect width="640" height="380" fill="#ffffff"/>
${[...grid, ...drawn].join('\n')}
<text x="${(box.left + right) / 2}" y="${bottom + 36}" text-anchor="middle">guests (first run; both scales are logarithmic, so a straight line of this slope is linear)</text>
</svg>
`;
}
