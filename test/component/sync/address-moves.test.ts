/** Addresses that move about at random: every row keeps its id, and NetBox ends with what the guests say. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, sync, syncQuietly } from '../../contract/sync/target.js';
import { setAgent } from '../../simulator/estate/index.js';
import type { AgentInterface } from '../../simulator/estate/types.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const stage = '/virtualization/virtual-machines/interfaces/ip-address/create/stream';
const vmids = [100, 101, 102];
const ports = vmids.flatMap((vmid) => [0, 1].map((nic) => ({ vmid, nic })));
const hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '2001:db8::1', '2001:db8::2', '2001:db8::3'];
const mac = (vmid: number, nic: number): string => `bc:24:11:00:0${nic}:0${vmid % 100}`;

/** Of each host, the number of the port that has it. */
type Places = readonly number[];
const everywhere = fc.array(fc.nat({ max: ports.length - 1 }), { minLength: hosts.length, maxLength: hosts.length });

/** Every guest has one address that stays, so that it always tells something. */
const anchor = (vmid: number): string => `10.9.0.${vmid}`;

function told(places: Places, vmid: number): AgentInterface[] {
  return [0, 1].map((nic) => {
    const here = hosts.filter((_, n) => ports[places[n]!]!.vmid === vmid && ports[places[n]!]!.nic === nic);
    return {
      name: `ens${18 + nic}`,
      'hardware-address': mac(vmid, nic),
      'ip-addresses': [...here, ...(nic === 0 ? [anchor(vmid)] : [])].map((host) => ({
        'ip-address': host,
        'ip-address-type': host.includes(':') ? ('ipv6' as const) : ('ipv4' as const),
        prefix: host.includes(':') ? 64 : 24,
      })),
    };
  });
}

describe('addresses that move among interfaces and guests', () => {
  const start: Places = hosts.map((_, n) => n % ports.length);
  const lab = aCluster({
    guests: vmids.map((vmid) => ({
      vmid,
      name: `host${vmid}`,
      node: vmid === 102 ? 'pve2' : 'pve1',
      config: {
        agent: 1,
        scsi0: `ceph:vm-${vmid}-disk-0,size=8G`,
        net0: `virtio=${mac(vmid, 0)},bridge=vmbr0`,
        net1: `virtio=${mac(vmid, 1)},bridge=vmbr0`,
      },
      agent: { state: 'running' as const, interfaces: told(start, vmid) },
    })),
  });
  const clock = createSteppedClock();
  let target: SimulatedTarget;
  let ids: ReadonlyMap<string, number>;
  let operators: number;

  const rows = () => all(target, path.ipAddresses, '&assigned_object_type=virtualization.vminterface');
  const hostOf = (address: string): string => address.split('/')[0]!;

  beforeAll(async () => {
    target = await openSimulated(anEstate(lab), { clock });
    await sync(target);
    for (const row of (await rows()).filter((_, n) => n % 2 === 0))
      await edit(target, path.ipAddresses, row.id, { description: `of ${hostOf(row.address)}` });
    ids = new Map((await rows()).map(({ id, address }) => [hostOf(address), id]));
    const [port] = await all(target, path.vmInterfaces);
    const own = await target.netbox.create(path.ipAddresses, {
      address: '10.8.0.1/24',
      assigned_object_type: 'virtualization.vminterface',
      assigned_object_id: port.id,
    });
    operators = own.id;
  });
  afterAll(() => target.close());

  it('keep their ids and texts, however they move, and the next run writes nothing', async () => {
    const texts = new Map((await rows()).map(({ id, description }) => [id, description]));
    await fc.assert(
      fc.asyncProperty(everywhere, async (places) => {
        for (const vmid of vmids) setAgent(lab, vmid, { interfaces: told(places, vmid) });
        clock.step(3_600_000);
        const { complete } = await sync(target, stage);
        expect(complete.result).toMatchObject({ created: 0, deleted: 0, failed: 0, skipped: 0 });

        const stored = await rows();
        const expected = [
          ...hosts.map((host, n) => `${host} net${ports[places[n]!]!.nic} host${ports[places[n]!]!.vmid}`),
          ...vmids.map((vmid) => `${anchor(vmid)} net0 host${vmid}`),
          '10.8.0.1 net0 host100',
        ];
        expect(
          stored
            .map(({ address, assigned_object: port }) => `${hostOf(address)} ${port.name} ${port.virtual_machine.name}`)
            .sort(),
        ).toEqual(expected.sort());
        for (const { id, address, description } of stored) {
          expect(id).toBe(ids.get(hostOf(address)) ?? operators);
          expect(description).toBe(texts.get(id));
        }
        for (const vmid of vmids) {
          const { machine } = await machineOf(target, vmid);
          expect(hostOf(machine.primary_ip4.address)).toSatisfy((host: string) =>
            expected.some((line) => line.startsWith(`${host} `) && line.endsWith(`host${vmid}`)),
          );
          const has6 = expected.some((line) => line.includes(':') && line.endsWith(`host${vmid}`));
          expect(machine.primary_ip6 !== null).toBe(has6);
        }
        clock.step(3_600_000);
        await syncQuietly(target, stage);
      }),
      { seed: 20261127, numRuns: 50, endOnFailure: true },
    );
  });
});
