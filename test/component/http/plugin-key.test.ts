/** The encryption key of the plugin's settings comes into use with the first read that brings it, whoever asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { openWorld } from '../../support/world.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** All stored secrets of Proxmox endpoints. */
function secretsIn(file: string): readonly string[] {
  const db = new BetterSqlite3(file, { readonly: true });
  const rows = db.prepare<[], string>('SELECT coalesce(password, token_value) FROM proxmoxendpoint ORDER BY id');
  const values = rows.pluck().all();
  db.close();
  return values;
}

describe('the key of the plugin, with plain text allowed', () => {
  it('is used as soon as any request has read the settings, and what is stored as plain text is sealed then', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-key-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'database.db');
    const world = await openWorld({
      estate: createEstate({ vms: 2, clusters: 2, seed: 3 }),
      variables: {
        PROXBOX_DATABASE_PATH: file,
        PROXBOX_ENCRYPTION_KEY: '',
        PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS: '1',
      },
    });
    cleanups.push(() => world.close());
    // As they were pushed before there was a key.
    const passwords = world.proxmox.map(({ password }) => password);
    const direct = new BetterSqlite3(file);
    for (const [index, password] of passwords.entries())
      direct
        .prepare('UPDATE proxmoxendpoint SET password = ?, token_value = NULL, token_name = NULL WHERE id = ?')
        .run(password, index + 1);
    direct.close();
    expect(secretsIn(file)).toEqual(passwords);
    const settings = 'plugins/proxbox/settings';
    for (const { id } of world.netbox.state.objects(settings))
      world.netbox.operator.update(settings, id, { encryption_key: 'a key that an operator typed there' });
    await world.ask('POST', '/clear-cache');

    expect((await world.fullUpdate()).complete.ok).toBe(true);

    expect(secretsIn(file)).toEqual([expect.stringMatching(/^enc:/), expect.stringMatching(/^enc:/)]);
    expect((await world.fullUpdate()).complete.ok).toBe(true);
    const pushed = {
      name: 'third',
      ip_address: '127.0.0.1',
      port: 1,
      username: 'root@pam',
      password: 'plain password',
    };
    expect((await world.ask('POST', '/proxmox/endpoints', { ...pushed, enabled: false })).status).toBe(200);
    expect(secretsIn(file)[2]).toMatch(/^enc:/);
  });
});
