// @ts-check
/** The layers as docs/architecture.md shows them, from layers.js: `npm run docs` writes them, a test compares. */
import { common, floors, folders } from './layers.js';

const begin = '<!-- Written by `npm run docs` from test/architecture/layers.js -->';
const end = '<!-- End of what is written -->';
const width = 88;
const ground = `+${'-'.repeat(width - 2)}+`;

/**
 * The rooms of a floor side by side, together as wide as the house.
 * @param {import('./layers.js').Floor} floor
 */
function drawFloor({ folders: rooms, outside }) {
  const wallAt = (/** @type {number} */ index) => Math.round((index * (width - 1)) / rooms.length);
  const cells = rooms.map(({ name }, index) => `| ${name}`.padEnd(wallAt(index + 1) - wallAt(index)));
  return `${cells.join('')}|  ${outside}`.trimEnd();
}

/** @param {readonly string[]} names */
function listed(names) {
  return names
    .filter((name) => !common.includes(name))
    .map((name) => `\`${name}\``)
    .join(', ');
}

/** @param {import('./layers.js').Folder} folder */
function row({ name, purpose, imports, importsTypesOf = [] }) {
  return `| \`${name}\` | ${purpose} | ${listed(imports)} | ${listed(importsTypesOf)} |`;
}

function draw() {
  const house = floors.flatMap((floor) => [drawFloor(floor), ground]);
  const head = [
    `| folder | what it is for | imports, besides ${common.join(' and ')} | and only types of |`,
    '|---|---|---|---|',
  ];
  return ['```', ground, ...house, '```', '', ...head, ...folders.map(row)].join('\n');
}

/**
 * The page with the layers drawn anew between their two marks.
 * @param {string} page
 */
export function withLayers(page) {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`The page lacks its marks: ${begin} ... ${end}`);
  return `${before}${begin}\n${draw()}\n${end}${after}`;
}
