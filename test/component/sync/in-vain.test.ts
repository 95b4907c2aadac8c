/** What NetBox or the plugin would refuse, as is known, is not sent: by selections, for links, for required custom fields, without permission. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate, type ClusterPlan } from '../../contract/sync/estates.js';
import { machineOf, one, sync, syncQuietly } from '../../contract/sync/target.js';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, macOf, say } from './talkers.js';

const full = '/full-update/stream';
const refusal = { status: 400, body: { address: ['No.'] } };
const four: ClusterPlan['guests'] = [100, 101, 102, 103].map((vmid) => aTalker(vmid, [`10.0.0.${vmid}`]));

describe('a run', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const open = async (guests: ClusterPlan['guests'] = four): Promise<void> => {
    lab = aCluster({ guests });
    target = await openSimulated(anEstate(lab));
  };
  const writesOf = async (at = full) => (await target.watch(() => target.world.stream(at))).writes;

  describe('nothing is sent in vain', () => {
    it.each([full, '/dcim/devices/create/stream'])('by %s with a selection of machines', async (at) => {
      await open();
      await sync(target);
      const { machine } = await machineOf(target, 100);

      expect(await writesOf(`${at}?netbox_vm_ids=${machine.id}`)).toEqual([]);
    });

    it('for an address that could not come to the guest', async () => {
      await open([aTalker(100, ['10.0.0.5', '10.0.0.8']), aTalker(103, ['10.0.0.9'])]);
      await sync(target);
      say(lab, 100, ['10.0.0.5']);
      say(lab, 103, ['10.0.0.9', '10.0.0.8']);
      target.simulator.faults.add({ match: { method: 'PATCH', path: /ip-addresses/ }, action: refusal });
      await target.world.restart();

      expect(await writesOf()).not.toContain('POST /api/plugins/proxbox/guest-vm-interface-addresses/');
    });

    it.each(['proxmoxcluster', 'proxmoxnode'])('where a row of %s lacks a required custom field', async (model) => {
      await open();
      const field = { name: 'owner', type: 'text', required: true, object_types: [`netbox_proxbox.${model}`] };
      target.simulator.operator.create('extras/custom-fields', field);
      await target.world.stream(full);

      expect(await writesOf()).toEqual([]);
    });
  });

  describe('what the token may not write is tried once', () => {
    const kindOf = (at: string) => at.replace(/^\/api\/|\/$/g, '');
    const configOf = (vmid: number) => lab.guests.get(vmid)!.config;
    const forEachToken = (act: (token: ReturnType<typeof target.simulator.tokens.all>[number]) => void) =>
      target.simulator.tokens.all().forEach(act);

    /** A run: its writes, and what it says of the permission. */
    async function run(): Promise<{ readonly writes: readonly string[]; readonly told: readonly string[] }> {
      let told: readonly string[] = [];
      const { writes } = await target.watch(async () => {
        const { complete } = await target.world.stream(full);
        const warnings = (complete.result?.warnings ?? []).map(({ message = '' }) => message);
        told = warnings.filter((message) => message.includes('permission')).sort();
      });
      return { writes, told };
    }

    interface Refused {
      readonly action: 'change' | 'delete';
      readonly at: string;
      readonly happens: () => void;
      /** What is done as soon as it may be. */
      readonly isDone: () => Promise<void>;
    }
    const refused: Readonly<Record<string, Refused>> = {
      'a machine that changes': {
        action: 'change',
        at: path.vms,
        happens: () => {
          lab.guests.get(100)!.memoryMb *= 2;
        },
        isDone: async () => {
          const { machine } = await machineOf(target, 100);
          expect(machine.memory).toBe(lab.guests.get(100)!.memoryMb);
        },
      },
      'an address that moves, whose machine keeps it as the primary one': {
        action: 'change',
        at: path.ipAddresses,
        happens: () => {
          say(lab, 100, ['10.0.0.50']);
          say(lab, 103, ['10.0.0.103', '10.0.0.100']);
        },
        isDone: async () => {
          const { machine } = await machineOf(target, 103);
          const { assigned_object: port } = await one(target, path.ipAddresses, 'address=10.0.0.100/24');
          expect(port.virtual_machine.id).toBe(machine.id);
        },
      },
      'an interface that is called otherwise': {
        action: 'change',
        at: path.vmInterfaces,
        happens: () => {
          configOf(100)['net5'] = configOf(100)['net0']!;
          delete configOf(100)['net0'];
        },
        isDone: async () => {
          await one(target, path.vmInterfaces, 'name=net5');
        },
      },
      'MAC addresses that change places': {
        action: 'change',
        at: path.macAddresses,
        happens: () => {
          const [own, other] = [configOf(100)['net0']!, configOf(101)['net0']!];
          configOf(100)['net0'] = other;
          configOf(101)['net0'] = own;
        },
        isDone: async () => {
          const { machine } = await machineOf(target, 101);
          const port = await one(target, path.vmInterfaces, `virtual_machine_id=${machine.id}`);
          expect(port.mac_address).toBe(macOf(100));
        },
      },
      'a disk that goes': {
        action: 'delete',
        at: path.disks,
        happens: () => {
          delete configOf(100)['scsi0'];
        },
        isDone: async () => {
          expect(target.simulator.state.objects('virtualization/virtual-disks')).toHaveLength(3);
        },
      },
    };

    it.each(Object.entries(refused))('%s', async (_what, { action, at, happens, isDone }) => {
      await open();
      await sync(target);
      const method = action === 'change' ? 'PATCH' : 'DELETE';
      const sent = (writes: readonly string[]) => writes.filter((write) => write.startsWith(`${method} ${at}`));
      const withheld = action === 'change' ? ('cannotChange' as const) : ('cannotDelete' as const);
      forEachToken((token) => token[withheld].add(kindOf(at)));
      happens();

      const first = await run();
      expect(sent(first.writes)).toHaveLength(1);
      expect(first.told.join()).toContain(`permission '${action}'`);
      const before = target.simulator.changelogRows;
      for (const later of [await run(), await run()]) {
        // NetBox says before an attempt what may be changed; of deletions it does not, so one row is tried.
        expect(later.writes).toEqual(action === 'change' ? [] : sent(first.writes));
        expect(later.told.join()).toContain(`permission '${action}'`);
      }
      expect(target.simulator.changelogRows).toBe(before);

      forEachToken((token) => token[withheld].clear());
      await sync(target);
      await isDone();
      await syncQuietly(target);
    });

    it.each(['4.6.8', '4.7.3'] as const)(
      '%s: machines that conditions keep from it, of which one is asked with',
      async (version) => {
        lab = aCluster({ guests: four });
        target = await openSimulated(anEstate(lab), { netbox: { version } });
        await sync(target);
        const kept = new Set<number>();
        for (const vmid of [100, 101]) kept.add((await machineOf(target, vmid)).machine.id);
        forEachToken((token) => token.mayChangeOnly.set(kindOf(path.vms), ({ id }) => !kept.has(id)));
        for (const vmid of [100, 101, 102]) lab.guests.get(vmid)!.memoryMb *= 2;

        const first = await run();
        expect(first.told.join()).toContain('virtualization.change_virtualmachine');
        expect((await machineOf(target, 102)).machine.memory).toBe(lab.guests.get(102)!.memoryMb);
        for (const later of [await run(), await run()])
          expect(later).toEqual({ writes: [`PATCH ${path.vms}`], told: first.told });

        forEachToken((token) => token.mayChangeOnly.clear());
        await sync(target);
        for (const vmid of [100, 101])
          expect((await machineOf(target, vmid)).machine.memory).toBe(lab.guests.get(vmid)!.memoryMb);
        await syncQuietly(target);
      },
    );
  });

  it.each([
    'dcim/manufacturers',
    'virtualization/cluster-types',
    'plugins/proxbox/storage',
    'plugins/proxbox/sync-state/vm-interfaces',
  ])(
    'rows of %s that the token may not view are made a second time in no run, and the permission is named',
    async (kind) => {
      lab = aCluster({ guests: four });
      // What is remembered of lists from before would be taken for what may be viewed.
      target = await openSimulated(anEstate(lab), { variables: { PROXBOX_FULL_READ_HOURS: '0' } });
      await sync(target);
      const rows = () => target.simulator.state.objects(kind).map(({ id }) => id);
      const before = rows();
      for (const token of target.simulator.tokens.all()) token.mayViewOnly.set(kind, () => false);
      await target.world.ask('GET', '/clear-cache');

      for (const run of [1, 2, 3]) {
        const seen = await target.watch(async () => {
          const { complete } = await target.world.stream(full);
          const told = complete.errors.find(({ reason }) => reason === 'row_hidden');
          expect(told?.detail, `run ${run}`).toContain("permission 'view'");
        });
        expect(seen.changes).toBe(0);
        if (run === 1) expect(seen.writes).toContain(`POST /api/${kind}/`);
        else expect(seen.writes, `run ${run}`).toEqual([]);
      }

      for (const token of target.simulator.tokens.all()) token.mayViewOnly.clear();
      await syncQuietly(target);
      expect(rows()).toEqual(before);
    },
  );
});
