/** Addresses that several guests have in turn (keepalived, CARP) or at once (anycast): an operator gave their row a role. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncQuietly } from '../../contract/sync/target.js';
import { removeGuest, setAgent, setStatus, type EstateCluster } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const vip = '10.0.0.9';
const vmids = [100, 101, 102];
const mac = (vmid: number): string => `bc:24:11:00:00:${vmid % 100}0`;
const interfacesOf = (vmid: number, hosts: readonly string[]) => [
  {
    name: 'ens18',
    'hardware-address': mac(vmid),
    'ip-addresses': hosts.map((host) => ({ 'ip-address': host, 'ip-address-type': 'ipv4' as const, prefix: 24 })),
  },
];

describe('an address with a role', () => {
  const clock = createSteppedClock();
  let lab: EstateCluster;
  let target: SimulatedTarget;
  afterEach(() => target.close());

  /** Who has the shared address inside. */
  function report(holders: readonly number[]): void {
    for (const vmid of vmids.filter((one) => lab.guests.has(one)))
      setAgent(lab, vmid, {
        interfaces: interfacesOf(vmid, [...(holders.includes(vmid) ? [vip] : []), `10.0.0.1${vmid % 100}`]),
      });
  }

  async function open(role: string): Promise<number> {
    lab = aCluster({
      guests: vmids.map((vmid) => ({
        vmid,
        name: `lb${vmid}`,
        status: 'running' as const,
        config: { agent: 1, scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, net0: `virtio=${mac(vmid)},bridge=vmbr0` },
        agent: { state: 'running' as const, interfaces: interfacesOf(vmid, [`10.0.0.1${vmid % 100}`]) },
      })),
    });
    report([101]);
    target = await openSimulated(anEstate(lab), { clock });
    await sync(target);
    const { id } = await one(target, path.ipAddresses, `address=${vip}`);
    await edit(target, path.ipAddresses, id, { role, description: 'front door', dns_name: 'shop.acme.example' });
    return id;
  }

  async function runAgain(at?: string) {
    clock.step(3_600_000);
    const result = await sync(target, at);
    clock.step(3_600_000);
    await syncQuietly(target, at);
    return result;
  }

  async function expectAt(name: string, id: number, role: string): Promise<void> {
    const rows = await all(target, path.ipAddresses, `&address=${vip}`);
    expect(rows).toMatchObject([
      {
        id,
        role: { value: role },
        description: 'front door',
        dns_name: 'shop.acme.example',
        assigned_object: { name: 'net0', virtual_machine: { name } },
      },
    ]);
  }

  it.each(['vip', 'vrrp', 'hsrp', 'glbp', 'carp', 'anycast'])('%s goes to the guest that has it now', async (role) => {
    const id = await open(role);
    expect((await machineOf(target, 101)).machine.primary_ip4.id).toBe(id);

    for (const vmid of [102, 100, 101]) {
      report([vmid]);
      await runAgain();
      await expectAt(`lb${vmid}`, id, role);
    }
  });

  it('stays where it is while several have it, which is told once, whoever comes first', async () => {
    const id = await open('vrrp');
    report([100, 101]);

    const { frames } = await runAgain();

    await expectAt('lb101', id, 'vrrp');
    const told = frames.filter(({ data }) => JSON.stringify(data).includes('stays there as long as that one has it'));
    expect(told.map(({ data }) => data['item'])).toMatchObject([{ extra: { vmid: 100, reason: 'address_shared' } }]);
    report([100]);
    await runAgain();
    await expectAt('lb100', id, 'vrrp');
  });

  it('stays where it is while nobody has it', async () => {
    const id = await open('carp');
    report([]);

    await runAgain();

    await expectAt('lb101', id, 'carp');
  });

  it('leaves a guest that is down, and one that is gone, for the one that has it', async () => {
    const id = await open('vrrp');
    report([102]);
    setStatus(lab, 101, 'stopped');
    await runAgain();
    await expectAt('lb102', id, 'vrrp');
    expect((await machineOf(target, 101)).machine.primary_ip4?.id).not.toBe(id);

    removeGuest(lab, 102);
    report([100]);
    await runAgain();
    await expectAt('lb100', id, 'vrrp');
  });

  it('comes to a guest that is synced alone', async () => {
    const id = await open('vip');
    report([100]);
    const { machine } = await machineOf(target, 100);

    await runAgain(`/virtualization/virtual-machines/interfaces/ip-address/create/stream?netbox_vm_ids=${machine.id}`);

    await expectAt('lb100', id, 'vip');
  });
});
