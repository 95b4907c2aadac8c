/** What `bench:scale` leaves behind: the table, `docs/scale.json`, the picture, and the section "Size" of docs/performance.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { renderTable } from '../../src/cli/table.js';
import type { ScaleRun, ScaleSize } from './scale-figures.js';
import { scalePicture } from './scale-picture.js';

/** The second run reads everything once more after so many writes; those after it find nothing new. */
const names = ['first', 'full read', 'no change'] as const;

const columns: readonly (readonly [string, (run: ScaleRun) => number])[] = [
  ['NetBox requests', (run) => run.requests],
  ['writes', (run) => run.writes],
  ['Proxmox requests', (run) => run.proxmoxRequests],
  ['CPU s', (run) => run.cpuSeconds],
  ['peak MiB', (run) => run.peakMiB],
  ['heap after MiB', (run) => run.heapMiB],
  ['longest slice ms', (run) => run.longestSliceMs],
  ['over 100 ms', (run) => run.longSlices],
  ['longest /health ms', (run) => run.longestHealthMs],
  ['seconds', (run) => run.seconds],
];

const head = ['guests', 'clusters', 'container MB', 'run', ...columns.map(([name]) => name)];

const rowsOf = ({ guests, clusters, containerMb, runs }: ScaleSize): readonly (readonly (string | number)[])[] =>
  runs.map((run, n) => [
    guests,
    clusters,
    containerMb === 0 ? '-' : containerMb,
    n < names.length ? (names[n] ?? '') : `no change ${n - 1}`,
    ...columns.map(([, read]) => read(run)),
  ]);

export function tableOf(sizes: readonly ScaleSize[]): string {
  return renderTable(head, sizes.flatMap(rowsOf));
}

function markdownOf(sizes: readonly ScaleSize[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---:')), ...sizes.flatMap(rowsOf).map(line)].join('\n');
}

const page = 'docs/performance.md';
const marks = ['<!-- Written by `npm run bench:scale -- --write` -->', '<!-- End of what is written -->'] as const;

/** Replaces what stands between the marks; the words around it are by hand. */
function withTable(text: string, sizes: readonly ScaleSize[]): string {
  const from = text.indexOf(marks[0]);
  const to = text.indexOf(marks[1], from);
  if (from < 0 || to < 0) throw new Error(`${page} has lost the marks of its table of sizes.`);
  return `${text.slice(0, from)}${marks[0]}\n\n${markdownOf(sizes)}\n\n${text.slice(to)}`;
}

const json = 'docs/scale.json';

/** What was measured before of estates of another size stays: one at a time may be measured. */
async function withEarlier(sizes: readonly ScaleSize[]): Promise<readonly ScaleSize[]> {
  const keyOf = ({ guests, clusters, tasks, containerMb }: ScaleSize): string =>
    [guests, clusters, tasks, containerMb].join('/');
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- our own file
  const earlier: readonly ScaleSize[] = JSON.parse(await readFile(json, 'utf8').catch(() => '[]'));
  const all = new Map([...earlier, ...sizes].map((size) => [keyOf(size), size]));
  return [...all.values()].sort((a, b) => a.guests - b.guests || a.clusters - b.clusters);
}

export async function writeScale(measured: readonly ScaleSize[]): Promise<void> {
  const sizes = await withEarlier(measured);
  await writeFile(json, `${JSON.stringify(sizes, null, 2)}\n`);
  await writeFile('docs/scale.svg', scalePicture(sizes));
  await writeFile(page, withTable(await readFile(page, 'utf8'), sizes));
}
