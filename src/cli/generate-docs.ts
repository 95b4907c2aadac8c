/** `npm run docs`: writes docs/configuration.md from the tables of the source. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationPage } from './configuration-page.js';

const target = fileURLToPath(new URL('../../docs/configuration.md', import.meta.url));
writeFileSync(target, configurationPage());
console.log(`Written: ${target}`);
