/** Syncs of single objects while NetBox or Proxmox fails: each answer says what kept it, and nothing is removed. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate, setNodeOnline, setNodeStalled } from '../simulator/estate/index.js';
import { createApiClient } from '../demo/api-client.js';
import { expectNoDeletes, expectQuiet } from './support/expectations.js';
import { apiKey, openFaultWorld, type FaultWorld } from './support/world.js';

interface Answer {
  readonly action: string;
  readonly error: string | null;
  readonly reason?: string;
  readonly netbox_object: object | null;
}

const row = (world: FaultWorld, kind: string, fits: (row: Readonly<Record<string, unknown>>) => boolean) => {
  const found = world.netbox.state.objects(kind).find((one) => fits({ ...one }));
  if (found === undefined) throw new Error(`NetBox has no such row of ${kind}`);
  return { ...found } as Readonly<Record<string, unknown>>;
};

describe('the sync of a single object', () => {
  const estate = createEstate({ vms: 6, clusters: 1, seed: 3 });
  const [cluster] = estate.clusters;
  const guest = [...cluster!.guests.values()].find(
    ({ node, type, snapshots, status }) =>
      node !== cluster!.nodes[0]!.name && type === 'qemu' && snapshots.length > 0 && status === 'running',
  )!;
  let world: FaultWorld;
  let calls: ReadonlyMap<string, string>;

  beforeAll(async () => {
    // In real time: an answer is waited for 25 s.
    world = await openFaultWorld({ estate, variables: { PROXBOX_NETBOX_MAX_RETRIES: '1' }, speed: 1 });
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    calls = callsOf();
  });
  beforeEach(async () => {
    world.netbox.faults.clear();
    for (const { faults } of world.proxmox) faults.clear();
    setNodeOnline(cluster!, guest.node, true);
    setNodeStalled(cluster!, guest.node, false);
    await world.restart();
  });
  afterAll(() => world.close());

  /** One call for every object that there is a route for, all of the one guest. */
  function callsOf(): ReadonlyMap<string, string> {
    const { name, nodes } = cluster!;
    const { vmid, node, type } = guest;
    const machine = row(world, 'plugins/proxbox/sync-state/virtual-machines', (one) => one['proxmox_vm_id'] === vmid);
    const mine = (kind: string) => row(world, kind, (one) => one['virtual_machine'] === machine['virtual_machine']);
    const port = mine('virtualization/interfaces');
    const address = row(world, 'ipam/ip-addresses', (one) => one['assigned_object_id'] === port['id']);
    const backup = mine('plugins/proxbox/backups');
    const of = { cluster_name: name, node, type, vmid: String(vmid) };
    const objects: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      cluster: { cluster_name: name },
      node: { cluster_name: name, node_name: nodes[0]!.name },
      vm: of,
      storage: { cluster_name: name, storage_name: cluster!.storages[0]!.name },
      backup: { ...of, storage: String(backup['volume_id']).split(':')[0], volid: backup['volume_id'] },
      snapshot: { ...of, snapshot_name: mine('plugins/proxbox/snapshots')['name'] },
      'task-history': of,
      interface: { ...of, interface_name: port['name'] },
      ip: { ...of, ip_address: address['address'], interface_name: port['name'] },
      disk: { ...of, disk_name: mine('virtualization/virtual-disks')['name'] },
      'backup-routines': { cluster_name: name },
    };
    return new Map(
      Object.entries(objects).map(([object, query]) => {
        const texts = Object.entries(query).map(([key, value]) => [key, String(value)]);
        return [object, `/sync/individual/${object}?${new URLSearchParams(Object.fromEntries(texts)).toString()}`];
      }),
    );
  }

  async function ask(object: string): Promise<{ readonly status: number; readonly body: Answer }> {
    const response = await fetch(`${world.url}${calls.get(object)}`, { headers: { 'X-Proxbox-API-Key': apiKey } });
    return { status: response.status, body: (await response.json()) as Answer };
  }

  /** Every object is asked for; each answer is one of failure, with the reason, or of one that was really read. */
  async function expectTold(reasons: RegExp, readAllTheSame: readonly string[] = []): Promise<void> {
    const before = world.netbox.changelogRows;
    const seen: string[] = [];
    for (const object of calls.keys()) {
      const { status, body } = await ask(object);
      if (readAllTheSame.includes(object)) {
        expect([object, status, body.action, body.error]).toEqual([object, 200, 'unchanged', null]);
        continue;
      }
      seen.push(`${object}: ${status} ${body.action} ${body.error}`);
      expect([object, body.action], seen.at(-1)).toEqual([object, 'error']);
      expect(status, seen.at(-1)).toBeGreaterThanOrEqual(500);
      expect(body.error, seen.at(-1)).toMatch(reasons);
    }
    expect(world.netbox.changelogRows).toBe(before);
    expectNoDeletes(world.netbox);
  }

  it('has a call for every object that can be asked for, and each is unchanged', async () => {
    for (const object of calls.keys()) {
      const { status, body } = await ask(object);
      expect([object, status, body.error]).toEqual([object, 200, null]);
      if (object !== 'backup-routines') expect([object, body.action]).toEqual([object, 'unchanged']);
    }
  });

  it('says that NetBox fails', async () => {
    world.netbox.faults.add({ match: {}, action: { status: 500, body: { error: 'broken' } } });
    await expectTold(/netbox|NetBox/);
  });

  it('says that Proxmox fails', async () => {
    for (const { faults } of world.proxmox) faults.add({ match: {}, action: { status: 500 } });
    await expectTold(/Proxmox/);
  });

  it('says that the node of its guest is offline', async () => {
    setNodeOnline(cluster!, guest.node, false);
    // The storage of the backup is shared, so that another node tells of it.
    await expectTold(/offline|cannot be reached/, ['cluster', 'node', 'storage', 'backup', 'backup-routines']);
  });

  it('says that Proxmox does not describe its guest', async () => {
    setNodeStalled(cluster!, guest.node, true);
    const before = world.netbox.changelogRows;

    const { status, body } = await ask('vm');

    const told: unknown = expect.stringMatching(/systemctl restart pvestatd/);
    expect([status, body.action, body.error]).toEqual([502, 'error', told]);
    for (const object of calls.keys()) {
      const answer = await ask(object);
      const isRead = answer.status === 200 && answer.body.action === 'unchanged';
      expect(isRead || answer.body.error !== null, `${object}: ${JSON.stringify(answer.body)}`).toBe(true);
    }
    expect(world.netbox.changelogRows).toBe(before);
    expectNoDeletes(world.netbox);
  });

  it.each(['empty', 'html', 'truncate', 'reset'] as const)(
    'takes nothing for gone where every list of Proxmox is wrong (%s)',
    async (action) => {
      const lists =
        /\/(resources|snapshot|content|tasks|storage|backup|replication|interfaces|network-get-interfaces)$/;
      for (const { faults } of world.proxmox) faults.add({ match: { path: lists }, action });
      const before = world.netbox.changelogRows;

      for (const object of calls.keys()) {
        const { status, body } = await ask(object);
        const isFailure = status >= 400 && body.action === 'error' && body.error !== null;
        const isUntouched = status === 200 && ['unchanged', 'noop'].includes(body.action);
        expect(isFailure || isUntouched, `${object}: ${status} ${JSON.stringify(body)}`).toBe(true);
      }

      expect(world.netbox.changelogRows).toBe(before);
      expectNoDeletes(world.netbox);
    },
  );

  it('says that NetBox refuses it', async () => {
    const api = createApiClient(world.url, apiKey);
    await world.freshNetBox();
    await api.send('GET', '/clear-cache');
    const refusal = { status: 403, body: { detail: 'You do not have permission to perform this action.' } };
    world.netbox.faults.add({
      match: { method: 'POST', path: /\/(clusters|virtual-machines|devices)\// },
      action: refusal,
    });

    for (const object of ['cluster', 'node', 'vm', 'disk']) {
      const { status, body } = await ask(object);
      expect([object, status, body.action]).toEqual([object, 502, 'error']);
      expect(body.error, object).toMatch(/permission/);
    }
    expectNoDeletes(world.netbox);
    world.netbox.faults.clear();
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    await expectQuiet(world);
  });
});
