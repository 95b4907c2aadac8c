import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationPage, foreignVariablesTable } from '../../../src/cli/configuration-page.js';
import { permissionsPage } from '../../../src/cli/permissions-page.js';
import { tunableKeys, tunables } from '../../../src/config/tunables.js';

const root = path.join(import.meta.dirname, '../../..');
const page = readFileSync(path.join(root, 'docs/configuration.md'), 'utf8');

describe('docs/configuration.md', () => {
  it('is what `npm run docs` writes', () => {
    expect(page).toBe(configurationPage());
  });

  it('shows every tunable with its default', () => {
    for (const key of tunableKeys) {
      const { variable, field, default: value, defaultText } = tunables[key];
      const line = page.split('\n').find((text) => text.startsWith(`| \`${variable ?? field ?? ''}\``));
      expect(line, key).toContain(` ${defaultText ?? String(value)} `);
    }
  });
});

describe('docs/proxmox-permissions.md', () => {
  it('is what `npm run docs` writes', () => {
    expect(readFileSync(path.join(root, 'docs/proxmox-permissions.md'), 'utf8')).toBe(permissionsPage());
  });
});

describe('docs/migrating-from-python.md', () => {
  it('names what is not used, as `npm run docs` writes it', () => {
    const migrating = readFileSync(path.join(root, 'docs/migrating-from-python.md'), 'utf8');

    expect(migrating).toContain(`foreign-variables.ts -->\n${foreignVariablesTable()}\n<!-- End`);
  });
});
