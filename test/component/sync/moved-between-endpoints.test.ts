/** A guest that was migrated to the cluster of another endpoint, where the plugin calls one endpoint after the other. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, sync, syncQuietly } from '../../contract/sync/target.js';
import { addGuest, removeGuest } from '../../simulator/estate/index.js';
import { stages } from './plugin-calls.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker } from './talkers.js';

const mover = aTalker(102, ['10.0.0.102', '2001:db8::102']);

describe('a guest that goes on in the cluster of another endpoint', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  it.each([
    ['one run over both', ['/full-update/stream']],
    ['the job of each endpoint', [...stages(1), ...stages(2)]],
  ])('has its addresses and its MAC address, with their ids and texts, after %s', async (_calls, calls) => {
    const lab = aCluster({ guests: [aTalker(101, ['10.0.0.101']), mover] });
    const edge = aCluster({
      name: 'edge',
      nodes: ['n1'],
      guests: [{ ...aTalker(200, ['10.0.2.200']), node: 'n1' }],
    });
    target = await openSimulated(anEstate(lab, edge), { variables: { PROXBOX_DELETE_ORPHANS: 'true' } });
    await sync(target);
    const rowsOf = async (id: number) => [
      ...(await all(target, path.ipAddresses, `&virtual_machine_id=${id}`)),
      ...(await all(target, path.macAddresses)).filter((row) => row.assigned_object?.virtual_machine?.id === id),
    ];
    const ids = async (id: number) => (await rowsOf(id)).map((row) => row.id);
    const old = (await machineOf(target, 102)).machine;
    const before = await ids(old.id);
    const [address] = await rowsOf(old.id);
    await edit(target, path.ipAddresses, address.id, { description: 'printed on the door' });
    removeGuest(lab, 102);
    addGuest(edge, { ...mover, node: 'n1' });

    for (const call of calls) await sync(target, call);

    const { machine } = await machineOf(target, 102, 'edge');
    expect([await ids(machine.id), await ids(old.id)]).toEqual([before, []]);
    expect([machine.primary_ip4.id, machine.primary_ip6.id]).toEqual(before.slice(0, 2));
    expect((await rowsOf(machine.id))[0].description).toBe('printed on the door');
    for (const call of calls) await syncQuietly(target, call);
  });
});
