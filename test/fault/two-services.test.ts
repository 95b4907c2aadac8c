/** Two services with endpoints of their own on one NetBox, at the same moment: what both need is made once, and nothing crosses. */
import { afterEach, describe, expect, it } from 'vitest';
import { createEstate, type Estate } from '../simulator/estate/index.js';
import { defaultTokens } from '../simulator/netbox/index.js';
import { openSyncedWorld, openWorld, type SyncedWorld, type World } from '../support/world.js';

/** Both clusters have a node `pve1`, the VMIDs from 100 on, and many names in common. */
const whole = createEstate({ vms: 16, clusters: 2, seed: 3 });
const part = (n: number): Estate => ({ ...whole, clusters: whole.clusters.slice(n, n + 1) });
const variables = { PROXBOX_BULK_BATCH_SIZE: '2', PROXBOX_NETBOX_MAX_CONCURRENT: '2' };

describe('two services on one NetBox', () => {
  let first: World;
  let second: SyncedWorld;
  afterEach(async () => {
    await second.close();
    await first.close();
  });

  const rows = (collection: string) => first.netbox.state.objects(collection);
  const open = async (): Promise<void> => {
    first = await openWorld({ estate: part(0), variables, netbox: { latencyMs: 3 } });
    const access = { url: first.netbox.url, tokenV1: defaultTokens.v1, tokenV2: defaultTokens.v2 };
    second = await openSyncedWorld({ estate: part(1), variables, netbox: access });
  };
  const both = (...services: readonly SyncedWorld[]) => Promise.all(services.map((one) => one.fullUpdate()));

  it('complete, account for what is theirs, and share what is common', async () => {
    await open();

    const results = await both(first, second);

    for (const { complete } of results) {
      expect(complete, JSON.stringify(complete.errors)).toMatchObject({ ok: true, errors: [] });
      expect(complete.result?.kinds['virtual-machine']).toMatchObject({ discovered: 8, created: 8, failed: 0 });
    }
    for (const collection of [
      'extras/tags',
      'dcim/device-roles',
      'dcim/manufacturers',
      'virtualization/cluster-types',
    ]) {
      const slugs = rows(collection).map(({ slug }) => slug);
      expect(slugs).toEqual([...new Set(slugs)]);
    }
    const clusters = rows('virtualization/clusters');
    expect(clusters.map(({ name }) => name).sort()).toEqual(whole.clusters.map(({ name }) => name).sort());
    for (const { id, name } of clusters) {
      const guests = [...(whole.clusters.find((cluster) => cluster.name === name)?.guests.values() ?? [])];
      const machines = rows('virtualization/virtual-machines').filter(({ cluster }) => cluster === id);
      expect(machines.map((machine) => machine['name']).sort()).toEqual(guests.map((guest) => guest.name).sort());
    }
  });

  it.each([
    ['one beside the other', async () => both(first, second)],
    ['the second first', async () => [await second.fullUpdate(), await first.fullUpdate()]],
  ])('write nothing in the second run, %s', async (_how, run) => {
    await open();
    await both(first, second);
    const before = first.netbox.changelogRows;

    for (const { complete } of await run()) expect(complete).toMatchObject({ ok: true, errors: [] });

    expect(first.netbox.changelogRows).toBe(before);
  });
});
