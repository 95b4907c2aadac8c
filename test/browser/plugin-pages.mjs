/** Makes docs/plugin-pages.md of what the browser tests saw, and compares or writes it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSIONS } from '../netbox/python.mjs';

const head = `<!-- Written by \`npm run test:browser -- -u\` -->
# Every page and button of the plugin

NetBox ${VERSIONS.netbox}, netbox-proxbox ${VERSIONS['netbox-proxbox']}, Chromium, after the plugin's job for everything. The list of pages is Django's own table
of URLs. "Ordinary" are two clusters of five guests, "edge" is every odd guest, storage and node that the simulator knows. A page counts as in
order when its status, its alerts, its text, its requests and its scripts tell of no error and this service neither warned nor refused
anything meanwhile. Where a page is not in order, the last column says why. Journals, change logs and NetBox's forms (add, edit, delete, import,
bulk actions) are asked for without being drawn.
`;

const cell = (text) => text.replaceAll('|', '\\|');

function pageTable({ ordinary, edge }) {
  const keyOf = ({ route, object }) => `${route} ${object}`;
  const other = new Map(edge.rows.map((row) => [keyOf(row), row]));
  const rows = new Map([...ordinary.rows, ...edge.rows].map((row) => [keyOf(row), row]));
  const first = new Map(ordinary.rows.map((row) => [keyOf(row), row]));
  const lines = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { route, object }]) => {
      const both = [first.get(key), other.get(key)];
      const why = [...new Set(both.flatMap((row) => row?.because ?? []))];
      const shown = both.map((row) =>
        row === undefined ? 'no such object' : row.errors.length > 0 ? `error: ${row.shown}` : row.shown,
      );
      return `| \`${cell(route)}\`${object === '' ? '' : ` (${object})`} | ${shown.map(cell).join(' | ')} | ${why.length === 0 ? '-' : cell(why.join('; '))} |`;
    });
  return ['| page | ordinary | edge | if there is an error: whose |', '|---|---|---|---|', ...lines].join('\n');
}

function unopenedList({ ordinary, edge }) {
  const both = ordinary.unopened.filter((route) => edge.unopened.includes(route));
  return [...new Set(both)]
    .sort()
    .map((route) => `- \`${route}\``)
    .join('\n');
}

function buttonTable({ rows }) {
  const lines = rows.map(
    ({ button, outcome, because }) =>
      `| ${cell(button)} | ${cell(outcome)} | ${because === '' ? '-' : cell(because)} |`,
  );
  return ['| button | outcome | if it is an error: whose |', '|---|---|---|', ...lines].join('\n');
}

async function reportsIn(folder) {
  const names = ['ordinary', 'edge', 'buttons'];
  const texts = await Promise.all(
    names.map((name) => readFile(join(folder, `${name}.json`), 'utf8').catch(() => undefined)),
  );
  if (texts.includes(undefined)) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, JSON.parse(texts[index])]));
}

/**
 * Undefined when not all of the tests ran to their end; else whether the page is what they saw. It is written first where
 * that is asked for.
 */
export async function checkPage(folder, file, { write }) {
  const reports = await reportsIn(folder);
  if (reports === undefined) return undefined;
  const text = [
    head,
    '## Pages\n',
    pageTable(reports),
    '\n## Pages without an object\n\nOf these there is nothing to open: their rows are made by what is not built here (the SDN stage, intents, sidecars of interfaces, addresses,\nVLANs, sites, types and roles), so that the plugin puts no card there.\n',
    unopenedList(reports),
    '\n## Buttons\n\nPressed with `allow_writes` on, but for those that say otherwise; a job that a button queues is run to its end.\n',
    buttonTable(reports.buttons),
    '',
  ].join('\n');
  if (write) await writeFile(file, text);
  return (await readFile(file, 'utf8').catch(() => '')) === text;
}
