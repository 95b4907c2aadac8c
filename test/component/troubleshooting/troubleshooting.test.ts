/** Makes the mistakes of operators, and compares docs/troubleshooting.md with what was seen; `-u` writes the page anew. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { around } from './around.js';
import { command } from './command.js';
import { openHouse, type House } from './house.js';
import { keys } from './keys.js';
import { netbox } from './netbox.js';
import { pageOf } from './page.js';
import { proxmox } from './proxmox.js';
import { starting } from './starting.js';
import { syncing } from './syncing.js';
import type { Told } from './told.js';

const docs = new URL('../../../docs/', import.meta.url);
const groups = [starting, keys, netbox, proxmox, syncing, command, around];
const told = new Map<string, Told>();

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

describe.each(groups)('$title', ({ title, mistakes }) => {
  it.each(mistakes)('one $does', async ({ does, seen }) => {
    const { at, says, remedy } = await seen(house);
    told.set(`${title}: ${does}`, { at, says: house.steady(says), remedy: house.steady(remedy) });
  });
});

describe('docs/troubleshooting.md', () => {
  const mistakes = groups.flatMap((group) => group.mistakes);

  it('leads to sections that are there', () => {
    const anchors = (file: string): readonly string[] =>
      [...readFileSync(new URL(file, docs), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
        title!
          .toLowerCase()
          .replaceAll(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      );
    const missing = mistakes.filter(({ more }) => {
      const [file, anchor] = more.split('#');
      return anchor !== undefined && !anchors(file!).includes(anchor);
    });
    expect(missing.map(({ more }) => more)).toEqual([]);
  });

  it('is what was seen', async () => {
    expect(told.size).toBe(mistakes.length);
    expect(mistakes.length).toBeGreaterThanOrEqual(30);
    await expect(pageOf(groups, told)).toMatchFileSnapshot(new URL('troubleshooting.md', docs).pathname);
  });
});
