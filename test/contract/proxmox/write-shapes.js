// @ts-check
/**
 * Writes shapes/*.json again from recordings of real servers: `node test/contract/proxmox/write-shapes.js [folder]`. The
 * recordings are no part of the repository; by default they are looked for in `../shared/recordings`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { distil, textOf } from './distil.js';

const folder = process.argv[2] ?? '../shared/recordings';

for (const release of ['8.4', '9.2']) {
  const recorded = JSON.parse(readFileSync(`${folder}/pve-${release}.json`, 'utf8'));
  writeFileSync(new URL(`shapes/${release}.json`, import.meta.url), textOf(distil(recorded)));
}
