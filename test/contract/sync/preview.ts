/** What a plan shows is what the run then does, to the simulated and to the real NetBox. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, migrateGuest, removeGuest } from '../../simulator/estate/index.js';
import { path } from '../netbox/target.js';
import { aCluster, aGuest, anEstate } from './estates.js';
import { edit, machineOf } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

const told = (name: string, address: string) => ({
  state: 'running' as const,
  hostName: `${name}.example.org`,
  interfaces: [
    {
      name: 'eth0',
      'hardware-address': 'bc:24:11:00:00:01',
      'ip-addresses': [{ 'ip-address': address, 'ip-address-type': 'ipv4' as const, prefix: 24 }],
    },
  ],
});

const net = (mac: string, tag = ''): string => `virtio=BC:24:11:00:00:${mac},bridge=vmbr0${tag}`;

const guests = () => [
  {
    vmid: 100,
    name: 'web',
    config: { agent: 1, scsi0: 'ceph:vm-100-disk-0,size=8G', net0: net('01', ',tag=20') },
    agent: told('web', '10.0.0.5'),
    snapshots: [{ name: 'clean', description: '', snaptime: 1_777_500_000 }],
  },
  { vmid: 101, name: 'db', config: { scsi0: 'ceph:vm-101-disk-0,size=4G', net0: net('02') }, tags: 'prod' },
  { vmid: 102, name: 'mail', config: { scsi0: 'ceph:vm-102-disk-0,size=2G' } },
];

interface Item {
  readonly stage: string;
  readonly kind: string;
  readonly key: string;
  readonly outcome: string;
  readonly changes: readonly object[];
}

const lines = (items: readonly Item[]): readonly string[] =>
  items
    .map(({ stage, kind, key, outcome, changes }) => `${stage}: ${outcome} ${kind} ${key} ${JSON.stringify(changes)}`)
    .sort();

export function describePreview(openTarget: OpenTarget): void {
  describe('a preview', () => {
    const lab = aCluster({ guests: guests() });
    let target: SyncTarget;
    beforeAll(async () => {
      target = await openTarget(anEstate(lab));
    });
    afterAll(() => target.close());

    /** Makes a plan, sees that nothing is written, carries it out, and compares. How many changes it had. */
    async function planned(): Promise<number> {
      const { world } = target;
      let plan: Awaited<ReturnType<typeof world.ask>> | undefined;
      const seen = await target.watch(async () => {
        plan = await world.ask('POST', '/plans');
      });
      expect(seen).toMatchObject({ writes: [], changes: 0 });
      expect(plan).toMatchObject({ status: 201, body: { status: 'completed', next_cursor: null } });
      const { id, drift, changes } = plan!.body;

      const applied = await world.ask('POST', `/plans/${id}/apply`);
      expect(applied).toMatchObject({ status: 200, body: { status: 'completed', plan_id: id } });
      const { body } = await world.ask('GET', `/runs/${applied.body.run_id}/items?limit=1000`);
      expect(lines(body.items)).toEqual(lines(changes));
      return drift;
    }

    it('of an empty NetBox shows all that the first run makes', async () => {
      expect(await planned()).toBeGreaterThan(40);
      expect(await planned()).toBe(0);
    });

    it('shows what changes and edits bring about, also what hangs on new objects', async () => {
      const { machine } = await machineOf(target, 101);
      await edit(target, path.vms, machine.id, { memory: 1, comments: 'mine' });
      const web = lab.guests.get(100)!;
      Object.assign(web, { name: 'www', agent: told('www', '10.0.0.6') });
      Object.assign(web.config, { scsi1: 'ceph:vm-100-disk-1,size=3G', net1: net('03', ',tag=30') });
      delete lab.guests.get(101)!.config['net0'];
      migrateGuest(lab, 102, 'pve2');
      addGuest(
        lab,
        aGuest({ vmid: 103, name: 'new', config: { scsi0: 'ceph:vm-103-disk-0,size=1G', net0: net('04') } }),
      );

      expect(await planned()).toBeGreaterThan(10);
      expect(await planned()).toBe(0);
    });

    it('shows what goes', async () => {
      removeGuest(lab, 103);
      delete lab.guests.get(100)!.config['scsi1'];
      Object.assign(lab.guests.get(100)!, { agent: told('www', '10.0.0.7') });

      expect(await planned()).toBeGreaterThan(2);
      expect(await planned()).toBe(0);
    });
  });
}
