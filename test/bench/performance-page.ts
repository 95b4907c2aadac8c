/** The tables and the picture of docs/performance.md, from the raw figures of a comparison. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Comparison, Result } from './comparison.js';
import { scenes, type Figures, type Scene } from './trial.js';

const page = 'docs/performance.md';
const picture = 'docs/performance.svg';
const begin = '<!-- Written by `npm run bench -- --write` -->';
const end = '<!-- End of what is written -->';

const titles: Readonly<Record<Scene, string>> = {
  first: 'first run',
  read_all: 'no change, everything read',
  no_change: 'no change',
  one_percent: '1 % of the guests changed',
  one_vm: 'one machine ("Sync now")',
};

const columns: readonly (readonly [string, (figures: Figures) => string])[] = [
  ['NetBox requests', ({ requests }) => String(requests)],
  ['of them writes', ({ writes }) => String(writes)],
  ['change-log rows', ({ change_rows }) => String(change_rows)],
  ['MB from NetBox', ({ netbox_mb }) => netbox_mb.toFixed(2)],
  ['NetBox CPU s', ({ netbox_cpu_s }) => netbox_cpu_s.toFixed(1)],
  ['own CPU s', ({ own_cpu_s }) => own_cpu_s.toFixed(2)],
  ['peak memory MiB', ({ memory_mib }) => memory_mib.toFixed(0)],
  ['seconds', ({ seconds }) => seconds.toFixed(1)],
];

const rowOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Markdown: for each size a table of scenes and services, then what they have in common. */
export function tablesOf({ date, machine, netbox, plugin, runs, results, floors }: Comparison): string {
  const versions = [...new Set(results.map(({ service, version }) => `${service}: ${version}`))].join('; ');
  const lines = [
    `${date}, NetBox ${netbox} (two workers) with netbox-proxbox ${plugin} and PostgreSQL, the services and the simulated Proxmox on one ` +
      `machine (${machine}), ${runs === 1 ? 'one run each' : `medians of ${runs} runs in turn`}. ${versions}. ` +
      'Documented pauses between batches are off for all. NetBox CPU is that of its own processes, without PostgreSQL.',
  ];
  for (const guests of new Set(results.map((result) => result.guests))) {
    const sized = results.filter((result) => result.guests === guests);
    lines.push('', `### ${guests.toLocaleString('en')} guests`, '');
    lines.push(rowOf(['scene', 'service', ...columns.map(([title]) => title)]));
    lines.push(rowOf(['---', '---', ...columns.map(() => '---:')]));
    lines.push(...scenes.flatMap((scene) => sceneRows(scene, sized)));
    lines.push('', ...getLines(sized), ...floorLines(sized, floors));
  }
  return lines.join('\n');
}

function sceneRows(scene: Scene, sized: readonly Result[]): readonly string[] {
  return sized.flatMap(({ service, scenes: { [scene]: figures } }) =>
    figures === undefined ? [] : [rowOf([titles[scene], service, ...columns.map(([, text]) => text(figures))])],
  );
}

function getLines(sized: readonly Result[]): readonly string[] {
  const texts = sized.map(({ service, get_ms }) => `${service} ${get_ms.idle} and ${get_ms.busy} ms`);
  return [`An authenticated GET of its own data, idle and beside the first run (median): ${texts.join('; ')}.`];
}

/** R1: NetBox's CPU in the first run, divided by that of the bare creations. */
function floorLines(sized: readonly Result[], floors: Comparison['floors']): readonly string[] {
  const floor = floors.find(({ guests }) => guests === sized[0]?.guests);
  if (floor === undefined) return [];
  const ratios = sized.flatMap(({ service, scenes: { first } }) =>
    first === undefined ? [] : [`${service} ${(first.netbox_cpu_s / floor.netbox_cpu_s).toFixed(2)}`],
  );
  return [
    '',
    `The ${floor.objects.toLocaleString('en')} objects of the first run, created by ${floor.requests} bare bulk requests one after another: ` +
      `${floor.netbox_cpu_s.toFixed(1)} s of NetBox CPU, ${floor.seconds.toFixed(1)} s. The first run's NetBox CPU divided by that (R1): ${ratios.join('; ')}.`,
  ];
}

/** Puts the tables between the marks of the page, and draws the picture beside it. */
export async function writePage(comparison: Comparison): Promise<void> {
  const text = await readFile(page, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${page} has not the two marks of what is written.`);
  await writeFile(page, `${text.slice(0, from)}${begin}\n\n${tablesOf(comparison)}\n\n${text.slice(to)}`);
  await writeFile(picture, drawRequests(comparison.results));
}

const barHeight = 18;
const labelWidth = 330;
const barWidth = 420;

/** NetBox requests of every scene as bars, on a logarithmic scale. */
function drawRequests(results: readonly Result[]): string {
  const bars = results.flatMap(({ guests, service, scenes: played }) =>
    scenes.flatMap((scene) => {
      const figures = played[scene];
      return figures === undefined ? [] : [{ guests, service, scene, requests: figures.requests }];
    }),
  );
  const most = Math.max(2, ...bars.map(({ requests }) => requests));
  const lines = bars.map(({ guests, service, scene, requests }, n) => {
    const y = 40 + n * (barHeight + 4);
    const width = Math.max(1, (Math.log(Math.max(1, requests)) / Math.log(most)) * barWidth);
    const colour = service === 'Python' ? '#b45309' : '#0f766e';
    return (
      `<text x="${labelWidth - 8}" y="${y + 13}" text-anchor="end">${guests} guests, ${titles[scene]}, ${service}</text>` +
      `<rect x="${labelWidth}" y="${y}" width="${width.toFixed(1)}" height="${barHeight}" fill="${colour}"/>` +
      `<text x="${labelWidth + width + 6}" y="${y + 13}">${requests}</text>`
    );
  });
  const height = 50 + bars.length * (barHeight + 4);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${labelWidth + barWidth + 80} ${height}" font-family="sans-serif" font-size="12">\n` +
    `<rect width="100%" height="100%" fill="#ffffff"/>\n` +
    `<text x="10" y="22" font-size="14">Requests to NetBox (logarithmic scale)</text>\n${lines.join('\n')}\n</svg>\n`
  );
}
