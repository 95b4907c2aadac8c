/** What NetBox or the plugin would refuse, as is known, is not sent: by selections, for links, for required custom fields. */
import { afterEach, describe, expect, it } from 'vitest';
import { aCluster, anEstate, type ClusterPlan } from '../../contract/sync/estates.js';
import { machineOf, sync } from '../../contract/sync/target.js';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, say } from './talkers.js';

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
});
