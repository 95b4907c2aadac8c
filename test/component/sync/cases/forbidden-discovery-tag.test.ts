/** Machines that are made while the token may not make their discovery tag: they are known to be ours all the same. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { path } from '../../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../../contract/sync/estates.js';
import { all, edit, machineOf, sync, syncQuietly, tagsOf } from '../../../contract/sync/target.js';
import type { StreamResult } from '../../../support/world.js';
import { openSimulated, type SimulatedTarget } from '../simulated-target.js';

const machines = '/virtualization/virtual-machines/create/stream';

let target: SimulatedTarget;
beforeEach(async () => {
  target = await openSimulated(
    anEstate(aCluster({ nodes: ['pve1'], guests: [{ vmid: 101 }, { vmid: 102 }, { vmid: 103, type: 'lxc' }] })),
    { variables: { PROXBOX_DELETE_ORPHANS: 'true' } },
  );
  for (const [name, slug] of [
    ['Proxbox', 'proxbox'],
    ['Proxbox: Soft-deleted VM', 'proxbox-soft-deleted'],
  ])
    target.simulator.operator.create('extras/tags', { name, slug, color: '00ff00' });
  mayAddTags(false);
});
afterEach(() => target.close());

function mayAddTags(may: boolean): void {
  for (const { cannotAdd } of target.simulator.tokens.all())
    if (may) cannotAdd.delete('extras/tags');
    else cannotAdd.add('extras/tags');
}

const guestGoes = (vmid: number) => target.world.estate.clusters[0]!.guests.delete(vmid);
const tagsOfMachine = async (vmid: number) => tagsOf((await machineOf(target, vmid)).machine);
const marked = async () => (await all(target, path.vms, '&tag=proxbox-soft-deleted')).length;
const told = ({ complete }: StreamResult) =>
  (complete.result?.warnings ?? [])
    .filter(({ reason }) => reason === 'tag_unusable')
    .map(({ message = '' }) => message);

/** Takes the discovery tag off, as an operator who wants to keep the machine. */
async function takeOff(vmid: number): Promise<void> {
  const { machine } = await machineOf(target, vmid);
  const tags = machine.tags.map(({ id, slug }: { id: number; slug: string }) => ({ id, slug }));
  const kept = tags.filter(({ slug }: { slug: string }) => !slug.startsWith('proxbox-discovered'));
  await edit(target, path.vms, machine.id, { tags: kept.map(({ id }: { id: number }) => ({ id })) });
}

describe('a machine that was made without its discovery tag, as the token may not make it', () => {
  it('is told of, by every kind of run, with how many there are', async () => {
    for (const result of [await sync(target), await syncQuietly(target), await syncQuietly(target, machines)]) {
      expect(result.complete.result).toMatchObject({ status: 'completed' });
      expect(told(result).filter((message) => message.includes("permission 'add'"))).toHaveLength(1);
      expect(told(result).filter((message) => message.includes('2 virtual machines'))).toHaveLength(1);
      expect(told(result).filter((message) => message.includes('1 virtual machine ('))).toHaveLength(1);
    }
  });

  it('gets the tag in the first run that may make it, and is swept when its guest is gone', async () => {
    await sync(target);
    expect(await tagsOfMachine(101)).toEqual(['proxbox']);

    mayAddTags(true);
    await sync(target);
    expect(await tagsOfMachine(101)).toEqual(['proxbox', 'proxbox-discovered-qemu']);
    expect(await tagsOfMachine(103)).toEqual(['proxbox', 'proxbox-discovered-lxc']);
    expect(told(await syncQuietly(target))).toEqual([]);

    guestGoes(101);
    await sync(target);
    expect(await tagsOfMachine(101)).toContain('proxbox-soft-deleted');
    await syncQuietly(target);
  });

  it('gets the tag although tags of machines are the operator’s, beside those that he gave', async () => {
    await sync(target);
    target.simulator.operator.create('extras/tags', { name: 'prod', slug: 'prod', color: '00ff00' });
    const { machine } = await machineOf(target, 101);
    await edit(target, path.vms, machine.id, { add_tags: [{ slug: 'prod' }] });

    mayAddTags(true);
    await sync(target, '/full-update/stream?overwrite_vm_tags=false');

    expect(await tagsOfMachine(101)).toEqual(['prod', 'proxbox', 'proxbox-discovered-qemu']);
    await syncQuietly(target, '/full-update/stream?overwrite_vm_tags=false');
  });

  it('stays when an operator takes the tag off, before or after the guest is gone', async () => {
    await sync(target);
    mayAddTags(true);
    await sync(target);
    await takeOff(101);
    await takeOff(102);

    await syncQuietly(target);
    guestGoes(101);
    await syncQuietly(target);

    expect(await tagsOfMachine(101)).toEqual(['proxbox']);
    expect(await tagsOfMachine(102)).toEqual(['proxbox']);
    expect(await marked()).toBe(0);
  });

  it('is swept also when its guest goes before the tag can be had', async () => {
    await sync(target);
    guestGoes(101);

    await sync(target);

    expect(await marked()).toBe(1);
    expect(await tagsOfMachine(101)).toContain('proxbox-soft-deleted');
    await syncQuietly(target);
  });

  it('is one from the sync of a single object, too', async () => {
    const asked = '/sync/individual/vm?cluster_name=lab&node=pve1&type=qemu&vmid=101';
    expect(await target.world.ask('GET', asked)).toMatchObject({ status: 200, body: { action: 'created' } });
    mayAddTags(true);

    await sync(target);

    expect(await tagsOfMachine(101)).toEqual(['proxbox', 'proxbox-discovered-qemu']);
  });
});

it('a machine from which an operator took the tag stays, while another one still lacks its own', async () => {
  mayAddTags(true);
  await sync(target);
  await takeOff(101);
  await syncQuietly(target);
  guestGoes(101);

  await syncQuietly(target);

  expect(await marked()).toBe(0);
});
