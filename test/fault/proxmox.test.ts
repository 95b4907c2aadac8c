import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate, renameGuest, setNodeOnline } from '../simulator/estate/index.js';
import type { EstateCluster } from '../simulator/estate/index.js';
import type { FaultAction } from '../simulator/proxmox/types.js';
import { requestLimitS } from '../support/limits.js';
import { watchProxmox } from './support/arrivals.js';
import {
  expectContent,
  expectConvergence,
  expectFailure,
  expectNoDeletes,
  expectPartial,
  expectTold,
  reasonsOf,
  undisturbed,
} from './support/expectations.js';
import { apiKey, openFaultWorld, type FaultWorld } from './support/world.js';

const noAudit: FaultAction = { status: 403, reason: 'Permission check failed (/, Sys.Audit)' };

describe('Proxmox endpoints that fail', () => {
  let wanted: readonly string[];
  let world: FaultWorld;
  const cluster = (index: number): EstateCluster => {
    const found = world.estate.clusters[index];
    if (found === undefined) throw new Error(`the estate has no cluster ${index}`);
    return found;
  };
  const simulator = (index: number) => {
    const found = world.proxmox[index];
    if (found === undefined) throw new Error(`the world has no Proxmox ${index}`);
    return found;
  };
  const of = (content: readonly string[], name: string) =>
    content.filter((line) => line.includes(`"${name}"`) || line.includes(`cluster ${name}`));
  /** The JSON form, which has a status. */
  const json = async (at: string) => {
    const response = await fetch(`${world.url}${at}`, { headers: { 'X-Proxbox-API-Key': apiKey } });
    return { status: response.status, text: await response.text() };
  };

  /** What is stored anew is connected to anew. */
  const setTimeoutOf = async (endpoint: number, timeout: number): Promise<void> => {
    const headers = { 'X-Proxbox-API-Key': apiKey, 'content-type': 'application/json' };
    const url = `${world.url}/proxmox/endpoints/${endpoint}`;
    const { ok } = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ timeout }) });
    expect(ok).toBe(true);
  };

  beforeAll(async () => {
    world = await openFaultWorld({ estate: createEstate({ vms: 8, clusters: 2, seed: 3 }), speed: 300 });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  describe('down', () => {
    let ports: readonly number[];
    beforeEach(() => {
      ports = world.proxmox.map(({ port }) => port);
    });
    afterEach(async () => {
      for (const [index, one] of world.proxmox.entries()) if (one.port === 0) await one.listen(ports[index]);
    });

    it('one of two, at the first run: the other is synced, and a warning names the one', async () => {
      await simulator(1).close();

      const result = await world.fullUpdate();

      expectPartial(result);
      expect(result.complete.result?.warnings).toContainEqual(
        expect.objectContaining({
          reason: 'endpoint_unreachable',
          message: expect.stringMatching(/"edge".*refused.*[^.]\. GET \/proxmox\/doctor says/) as string,
        }),
      );
      expect(result.complete.result?.kinds['virtual-machine']).toMatchObject({ discovered: 4, created: 4 });
      await simulator(1).listen(ports[1]);
      await expectConvergence(world, wanted);
    });

    it('one of two, later: nothing of it is touched, changes of the other arrive', async () => {
      await world.fullUpdate();
      const before = of(world.content(), 'edge');
      renameGuest(cluster(0), 100, 'renamed');
      renameGuest(cluster(1), 100, 'renamed-too');
      await simulator(1).close();

      const result = await world.fullUpdate();

      expectPartial(result);
      expect(of(world.content(), 'edge')).toEqual(before);
      expect(
        world.netbox.state.find('virtualization/virtual-machines', ({ name }) => name === 'renamed'),
      ).toBeDefined();
      renameGuest(cluster(0), 100, 'proxy-01');
      renameGuest(cluster(1), 100, 'cache-01');
      await simulator(1).listen(ports[1]);
      await expectConvergence(world, wanted);
    });

    it('all: the stream fails with the reason, the JSON form with 502, and nothing is written', async () => {
      for (const one of world.proxmox) await one.close();

      const failed = await world.fullUpdate();
      const answer = await json('/full-update');

      expectFailure(failed, /proxmox_unreachable: .*"lab".*"edge"/);
      expect(answer.status).toBe(502);
      expect(answer.text).toMatch(/Could not return Proxmox Sessions/);
      expect(world.netbox.counters.writes).toBe(0);
      for (const [index, one] of world.proxmox.entries()) await one.listen(ports[index]);
      await expectConvergence(world, wanted);
    });
  });

  it('hanging: the run goes on without it', async () => {
    await setTimeoutOf(2, 1);
    simulator(1).faults.add({ match: {}, action: 'hang' });

    const result = await world.fullUpdate();

    expectPartial(result);
    expectTold(result, /endpoint_unreachable.*edge.*(timed out|did not answer in time)/);
    await setTimeoutOf(2, requestLimitS);
    await expectConvergence(world, wanted);
  });

  it('without Sys.Audit: the endpoint is named with the privilege, the other is synced', async () => {
    simulator(1).faults.add({ match: { path: /^\/cluster\/status$/ }, action: noAudit });

    const result = await world.fullUpdate();

    expectPartial(result);
    expectTold(result, /endpoint_restricted.*edge.*Sys\.Audit/);
    expect(of(world.content(), 'edge').filter((line) => line.startsWith('virtualization/'))).toEqual([]);
    await world.restart();
    await expectConvergence(world, wanted);
  });

  it('all without Sys.Audit: the run fails naming it, the JSON form with 502', async () => {
    for (const { faults } of world.proxmox) faults.add({ match: { path: /^\/cluster\/status$/ }, action: noAudit });

    expectFailure(await world.fullUpdate(), /proxmox_forbidden: .*Sys\.Audit/);
    expect((await json('/dcim/devices/create')).status).toBe(502);
    expect(world.netbox.counters.writes).toBe(0);
    // What Proxmox said of its cluster is believed for a few seconds; a service that starts asks again.
    for (const { faults } of world.proxmox) faults.clear();
    await world.restart();
    await expectConvergence(world, wanted);
  });

  it('a node offline: its guests stay as they are', async () => {
    await world.fullUpdate();
    const machines = () => world.netbox.state.objects('virtualization/virtual-machines');
    const before = machines();
    setNodeOnline(cluster(0), 'pve2', false);

    const result = await world.fullUpdate();

    expectPartial(result);
    expect(reasonsOf(result)).toEqual(['node_offline']);
    expect(machines()).toEqual(before);
    expectNoDeletes(world.netbox);
    setNodeOnline(cluster(0), 'pve2', true);
    await expectConvergence(world, wanted);
  });

  it('a node offline at the first run: its guests are created when it is back', async () => {
    setNodeOnline(cluster(0), 'pve2', false);

    const result = await world.fullUpdate();

    expectPartial(result);
    expect(result.complete.result?.kinds['virtual-machine']).toMatchObject({ discovered: 8, created: 6, skipped: 2 });
    setNodeOnline(cluster(0), 'pve2', true);
    await expectConvergence(world, wanted);
  });

  it.each<readonly [string, FaultAction, string, RegExp]>([
    [
      '500',
      { status: 500, reason: 'internal trouble' },
      'config_unreadable',
      /qemu 100 \\"proxy-01\\".*internal trouble/,
    ],
    ['403', { status: 403, reason: 'Permission check failed (/vms/100, VM.Audit)' }, 'privilege_missing', /VM\.Audit/],
    [
      'a missing file',
      { status: 500, reason: "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist" },
      'guest_gone',
      /disappeared/,
    ],
    ['404', { status: 404, reason: 'not found' }, 'guest_gone', /disappeared/],
    ['595', { status: 595, reason: 'No route to host' }, 'config_unreadable', /No route to host/],
    ['a web page', 'html', 'config_unreadable', /not JSON/],
    ['a cut answer', 'truncate', 'config_unreadable', /100/],
    ['a list', 'empty', 'config_unreadable', /without a configuration/],
  ])('the configuration of one guest answers %s: the others are synced', async (_text, action, reason, told) => {
    simulator(0).faults.add({ match: { path: /^\/nodes\/pve1\/qemu\/100\/config$/ }, action });

    const result = await world.fullUpdate();

    if (reason === 'guest_gone') expect(result.complete).toMatchObject({ ok: true, result: { status: 'completed' } });
    else expectPartial(result);
    expect(reasonsOf(result)).toEqual([reason]);
    expectTold(result, told);
    expect(result.complete.result?.kinds['virtual-machine']).toMatchObject({ discovered: 8, created: 7 });
    await expectConvergence(world, wanted);
  });

  it('now and then, on every path: retries hide it', async () => {
    for (const { faults } of world.proxmox) {
      faults.add({ match: { path: /config$/, times: 2 }, action: { status: 595, reason: 'no route to host' } });
      faults.add({ match: { path: /^\/storage$/, times: 1 }, action: 'reset' });
    }

    const { complete } = await world.fullUpdate();

    expect(complete).toMatchObject({ ok: true, errors: [] });
    expectContent(world, wanted);
    await expectConvergence(world, wanted);
  });

  it('a guest list that is empty by mistake: a warning, and every machine stays', async () => {
    await world.fullUpdate();
    const before = world.content();
    simulator(0).faults.add({ match: { path: /^\/cluster\/resources$/ }, action: 'empty' });

    const result = await world.fullUpdate();

    expectPartial(result);
    expectTold(result, /no_guests_reported.*lab/);
    expect(world.content()).toEqual(before);
    await expectConvergence(world, wanted);
  });

  it('the guest list of one of two fails: the other is synced', async () => {
    simulator(1).faults.add({
      match: { path: /^\/cluster\/resources$/ },
      action: { status: 500, reason: 'no quorum today' },
    });

    const result = await world.fullUpdate();

    expectPartial(result);
    expect(result.complete.result?.kinds['virtual-machine']).toMatchObject({ created: 4 });
    expectTold(result, /edge.*no quorum today/);
    await expectConvergence(world, wanted);
  });

  it('the storage list of one of two fails: the other is synced', async () => {
    simulator(1).faults.add({ match: { path: /^\/storage$/ }, action: { status: 500, reason: 'no quorum today' } });

    const result = await world.fullUpdate();

    expectPartial(result);
    expectTold(result, /edge.*no quorum today/);
    await expectConvergence(world, wanted);
  });
});

describe('a Proxmox ticket', () => {
  it('that expires in the middle of the run is renewed without anybody noticing', async () => {
    let aheadMs = 0;
    const world = await openFaultWorld({
      estate: createEstate({ vms: 5, clusters: 1, seed: 3 }),
      withPassword: true,
      proxmox: { now: () => Date.now() + aheadMs },
    });
    try {
      const wanted = await undisturbed(world);
      let expired = 0;
      for (const one of world.proxmox) {
        watchProxmox(one, (target) => {
          if (!target.endsWith('/config') || expired > 0) return;
          expired += 1;
          aheadMs += 3 * 3_600_000;
        });
      }

      const { complete } = await world.fullUpdate();

      expect(expired).toBe(1);
      expect(complete).toMatchObject({ ok: true, errors: [] });
      expectContent(world, wanted);
      await expectConvergence(world, wanted);
    } finally {
      await world.close();
    }
  });
});
