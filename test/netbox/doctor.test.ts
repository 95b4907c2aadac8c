/** The doctor of NetBox on the real one: what it says of a user is so, and what it proposes is enough for a sync. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetBoxDoctorReport } from '../../src/netbox-doctor/types.js';
import { rights } from '../../src/netbox/rights.js';
import { apiOf } from '../contract/netbox/target.js';
import { createEstate } from '../simulator/estate/index.js';
import { openSyncedWorld, type SyncedWorld } from '../support/world.js';
import { resetNetBox, type RealNetBox } from './harness.js';
import { expectEstate } from './plugin-estate.js';

const shell = promisify(execFile);

describe('the doctor of NetBox', () => {
  const estate = createEstate({ vms: 8, clusters: 1, seed: 3, profile: ['9.2'] });
  let real: RealNetBox;
  let world: SyncedWorld;
  beforeAll(async () => {
    real = await resetNetBox();
    const { v1, v2Key, v2 } = real.tokens;
    world = await openSyncedWorld({
      estate,
      netbox: { url: real.url, tokenV1: v1, tokenV2: { key: v2Key, secret: v2 } },
    });
  });
  afterAll(() => world.close());

  const examine = async (): Promise<NetBoxDoctorReport> => (await world.ask('GET', '/netbox/doctor')).body;
  const use = (token: string) => world.ask('PUT', '/netbox/endpoint/1', { token_version: 'v1', token });
  const states = ({ rights: all }: NetBoxDoctorReport) => new Set(all.map(({ state }) => state));

  it('is content with a superuser', async () => {
    const report = await examine();

    expect(report.problems.filter(({ code }) => code !== 'token_v1')).toEqual([]);
    expect(report).toMatchObject({ ok: true, version: '4.7.3', plugin_version: '0.0.29.post6', user: 'proxbox' });
    expect(states(report)).toEqual(new Set(['present']));
    expect(report.rights).toHaveLength(rights.length);
    expect(Math.abs(report.clock_difference_seconds!)).toBeLessThan(60);
  });

  it('knows a token that may not write', async () => {
    await use(real.tokens.readOnly);

    expect((await examine()).problems.map(({ code }) => code)).toContain('token_read_only');
  });

  it.each(['disabled', 'expired', 'inactiveUser', 'foreignAddress'] as const)(
    'knows a token that is %s',
    async (name) => {
      await use(real.tokens[name]);

      expect(await examine()).toMatchObject({ ok: false, problems: [{ code: 'netbox_forbidden', severity: 'error' }] });
    },
  );

  it('names what a user lacks, and its commands give it: then a full update has all that it needs', async () => {
    await use(real.tokens.viewer);
    const before = await examine();
    expect(before.problems.map(({ code }) => code)).toContain('token_read_only');
    const commands = async (): Promise<number> => {
      const { problems } = await examine();
      const proposed = problems.flatMap((problem) => problem.commands);
      const ADMIN_TOKEN = `nbt_${real.tokens.v2Key}.${real.tokens.v2}`;
      for (const command of proposed) {
        const { stdout } = await shell('sh', ['-c', command], { env: { ...process.env, ADMIN_TOKEN } });
        expect(JSON.parse(stdout)).toMatchObject({ enabled: true });
      }
      return proposed.length;
    };
    // What every full update needs, then what is only wanted with it.
    expect(await commands()).toBeGreaterThan(0);
    const { problems } = await examine();
    const left = problems.filter(({ code }) => code !== 'token_v1').map(({ code, cause }) => `${code}: ${cause}`);
    expect(left).toEqual([expect.stringMatching(/^permissions_optional: /)]);
    expect(await commands()).toBeGreaterThan(0);
    expect(await commands()).toBe(0);

    const after = await examine();
    expect(after).toMatchObject({ ok: true, user: 'viewer' });
    const others = after.rights.filter(({ state }) => state !== 'present');
    // Only wanted where machines are deleted, and NetBox does not tell.
    expect(others.map(({ permission, state }) => [permission, state])).toEqual([
      ['virtualization.delete_virtualmachine', 'unknown'],
    ]);

    const { complete } = await world.stream('/full-update/stream?sync_mode_sdn=always');
    expect([complete.ok, complete.errors]).toEqual([true, []]);
    await expectEstate({ estate, netbox: apiOf(real) });
  });
});
