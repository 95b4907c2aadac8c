/** `npm run docs`: writes the generated pages from the tables of the source. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationPage, foreignVariablesTable } from './configuration-page.js';
import { netboxPermissionsPage } from './netbox-permissions-page.js';
import { permissionsPage } from './permissions-page.js';

const pages = {
  'configuration.md': configurationPage,
  'netbox-permissions.md': netboxPermissionsPage,
  'proxmox-permissions.md': permissionsPage,
};

const fileOf = (name: string): string => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));

function write(target: string, text: string): void {
  writeFileSync(target, text);
  console.log(`Written: ${target}`);
}

for (const [name, page] of Object.entries(pages)) write(fileOf(name), page());

/** What stands between the marks of a page that people write. */
const marks = /(<!-- Written by `npm run docs`[^>]*-->\n)[^]*?(\n<!-- End of what is written -->)/;
const migrating = fileOf('migrating-from-python.md');
write(
  migrating,
  readFileSync(migrating, 'utf8').replace(marks, (_, begin, end) => `${begin}${foreignVariablesTable()}${end}`),
);
