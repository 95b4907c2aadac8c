/** By how much NetBox differs from Proxmox, as a number for each endpoint: in a route and in the metrics. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate, setNodeOnline } from '../../simulator/estate/index.js';
import { openWorld, type World } from '../../support/world.js';

describe('drift', () => {
  const estate = createEstate({ vms: 6, clusters: 2, seed: 5 });
  let world: World;
  let names: readonly string[];
  let ids: readonly number[];
  beforeAll(async () => {
    world = await openWorld({ estate });
    const endpoints: readonly { id: number; name: string }[] = (await world.ask('GET', '/proxmox/endpoints')).body;
    names = endpoints.map(({ name }) => name);
    ids = endpoints.map(({ id }) => id);
  });
  afterAll(() => world.close());

  const drift = async () => (await world.ask('GET', '/drift')).body.endpoints;
  const gauges = async (name: string) => {
    const response = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${world.apiKey}` } });
    const text = await response.text();
    return [...text.matchAll(new RegExp(`^proxbox_${name}\\{endpoint="([^"]*)",by="([^"]*)"\\} (\\S+)$`, 'gm'))].map(
      ([, endpoint, by, value]) => [endpoint, by, Number(value)],
    );
  };
  const guest = () => [...estate.clusters[0]!.guests.values()][0]!;

  it('is nothing before anybody looked, and where only a part was looked at', async () => {
    expect(await drift()).toEqual([]);
    expect(await gauges('drift_changes')).toEqual([]);
    await world.ask('POST', '/plans?stage=devices');
    await world.fullUpdate('?dry_run=true');

    expect(await drift()).toEqual([]);
    expect(await world.ask('GET', '/drift?days=0')).toMatchObject({ status: 422 });
  });

  it('is what a preview of everything found, endpoint by endpoint', async () => {
    const plan = (await world.ask('POST', '/plans')).body;
    const changed: readonly { endpoint_id: number | null; outcome: string }[] = plan.changes;
    const of = (id: number | null) =>
      changed.filter(
        ({ endpoint_id: endpoint, outcome }) => endpoint === id && /^(created|updated|deleted)$/.test(outcome),
      ).length;

    expect(await drift()).toMatchObject(
      ids.map((id) => ({ endpoint_id: id, newest: { run_id: plan.id, by: 'preview', changes: of(id) } })),
    );
    expect(of(ids[0]!)).toBeGreaterThan(20);
    // Tags, roles and types are of no endpoint.
    expect(plan.drift).toBe(of(ids[0]!) + of(ids[1]!) + of(null));
    expect(await gauges('drift_changes')).toEqual(names.map((name, n) => [name, 'preview', of(ids[n]!)]));
  });

  it('is what a full update found, then what came since', async () => {
    await world.fullUpdate();
    expect((await drift()).map(({ newest }: { newest: object }) => newest)).toMatchObject([
      { by: 'full-update' },
      { by: 'full-update' },
    ]);
    await world.ask('POST', '/plans');
    expect((await drift()).map(({ newest }: { newest: object }) => newest)).toMatchObject([
      { by: 'preview', changes: 0 },
      { by: 'preview', changes: 0 },
    ]);
    guest().memoryMb += 512;
    await world.ask('POST', '/plans');

    const [first, second] = await drift();

    expect([first.newest, second.newest]).toMatchObject([{ changes: 1 }, { changes: 0 }]);
    expect(first.days).toHaveLength(1);
    expect(first.days[0]).toMatchObject({ looks: 4 });
    expect(first.days[0].most).toBeGreaterThan(20);
    expect(first.days[0].day).toBe(first.newest.at.slice(0, 10));
  });

  it('stays as it was last known, with its time, where a look was not complete, and over a restart', async () => {
    const before = await gauges('drift_changes');
    const times = await gauges('drift_timestamp_seconds');
    const [cluster] = estate.clusters;
    setNodeOnline(cluster!, cluster!.nodes.at(-1)!.name, false);
    expect((await world.ask('POST', '/plans')).body.status).toBe('partial');
    await world.restart();

    expect(await gauges('drift_changes')).toEqual(before);
    expect(before).toContainEqual([names[0], 'preview', 1]);
    expect(await gauges('drift_timestamp_seconds')).toEqual(times);
    expect((await drift())[0].newest.at).toBe(
      new Date(Number(times.find(([, by]) => by === 'preview')?.[2]) * 1000).toISOString(),
    );
  });
});
