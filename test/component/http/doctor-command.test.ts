/** The command over a real database file, with and without the service beside it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { aDoctorWorld } from './proxmox-doctor-world.js';

async function doctor(folder: string, ...words: readonly string[]) {
  const child = spawn(process.execPath, ['dist/cli/proxbox-api.js', 'doctor', ...words], {
    stdio: 'pipe',
    env: {
      ...process.env,
      PROXBOX_DATABASE_PATH: path.join(folder, 'database.db'),
      PROXBOX_ENCRYPTION_KEY: 'a-key-for-tests-of-enough-characters',
      PROXBOX_SKIP_NETBOX_BOOTSTRAP: '1',
    },
  });
  const exited = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await exited) as [number];
  return { status, stdout, stderr };
}

/** Name and content of every file, but for the shared memory of SQLite, where readers have marks of their own. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  const digest = (file: string): string =>
    createHash('sha256')
      .update(readFileSync(path.join(folder, file)))
      .digest('hex');
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((file) => [file, file.endsWith('-shm') ? '' : digest(file)]),
  );
}

describe('npm run doctor -- proxmox', () => {
  it('ends with 0 when all is well, beside a running service and without one, and writes nothing', async () => {
    const { folder, simulator } = await aDoctorWorld();
    const running = contentOf(folder);
    const beside = await doctor(folder, 'proxmox');
    expect(contentOf(folder)).toEqual(running);
    expect([beside.status, beside.stderr]).toEqual([0, '']);
    expect(beside.stdout).toContain('lab (endpoint 1): well');
    expect(beside.stdout).not.toContain(simulator.password);

    simulator.state.nodes[2]!.online = false;
    const offline = await doctor(folder, 'proxmox', '--json');
    expect(offline.status).toBe(1);
    expect(JSON.parse(offline.stdout)).toMatchObject({ ok: false, endpoints: [{ endpoint: 'lab', ok: false }] });
  });

  it('reads a database that nobody has open', async () => {
    const { folder, deps } = await aDoctorWorld();
    deps.proxmoxEndpoints.update(1, { name: 'renamed' });
    await deps.close();
    const closed = contentOf(folder);
    expect(Object.keys(closed)).toEqual(['database.db', 'database.db.lock']);

    const alone = await doctor(folder, 'proxmox', '--endpoint-ids', '1');

    expect(contentOf(folder)).toEqual(closed);
    expect([alone.status, alone.stdout]).toEqual([0, expect.stringContaining('renamed (endpoint 1): well')]);
  });

  it('ends with 1 when there is no database, and makes none', async () => {
    const { folder } = await aDoctorWorld();
    const nowhere = path.join(folder, 'nowhere');
    const { status, stderr } = await doctor(nowhere, 'proxmox');
    expect([status, stderr]).toEqual([1, expect.stringContaining('PROXBOX_DATABASE_PATH')]);
    expect(readdirSync(folder)).not.toContain('nowhere');
  });

  it('examines NetBox, of which there is one', async () => {
    const { folder } = await aDoctorWorld();

    const none = await doctor(folder, 'netbox');
    const one = await doctor(folder, 'netbox', '--endpoint-ids', '1');

    expect([none.status, none.stdout]).toEqual([1, expect.stringContaining('ERROR not_configured')]);
    expect([one.status, one.stderr]).toEqual([64, expect.stringContaining('there is one NetBox')]);
  });

  it.each([[['esx']], [['proxmox', '--nope']]])('ends with 64 and the usage on %j', async (words) => {
    const { status, stderr } = await doctor('/nowhere', ...words);
    expect([status, stderr]).toEqual([64, expect.stringContaining('proxbox-api doctor')]);
  });
});
