// @ts-check
/** Part of `npm run docs`: draws the layers in docs/architecture.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withLayers } from './picture.js';

const page = new URL('../../docs/architecture.md', import.meta.url);

writeFileSync(page, withLayers(readFileSync(page, 'utf8')));
