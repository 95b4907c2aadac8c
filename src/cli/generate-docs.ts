/** `npm run docs`: writes the generated pages from the tables of the source. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationPage } from './configuration-page.js';
import { permissionsPage } from './permissions-page.js';

const pages = { 'configuration.md': configurationPage, 'proxmox-permissions.md': permissionsPage };

for (const [name, page] of Object.entries(pages)) {
  const target = fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
  writeFileSync(target, page());
  console.log(`Written: ${target}`);
}
