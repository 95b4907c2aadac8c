/** Roles, platforms and sites that the notes of a guest name, with `parse_description_metadata`. */
import { afterEach, expect, it } from 'vitest';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { machineOf, sync, watchedSync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

let target: SimulatedTarget;
afterEach(() => target.close());

const route = '/full-update/stream';
const on = `${route}?parse_description_metadata=true&overwrite_vm_platform=true`;

const notes = (metadata: object): string =>
  `A machine.\n\n\`\`\`netbox-metadata\n${JSON.stringify(metadata)}\n\`\`\`\n`;

async function open(...descriptions: readonly string[]): Promise<void> {
  const guests = descriptions.map((description, index) => ({
    vmid: 100 + index,
    description,
    config: { ostype: 'l26' },
  }));
  target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests })));
}

const create = (table: string, name: string) =>
  target.simulator.operator.create(table, { name, slug: name.toLowerCase() });

const placed = async (vmid: number) => {
  const { machine } = await machineOf(target, vmid);
  return [machine.role?.name ?? null, machine.platform?.name ?? null];
};

/** The notes of the first guest are these from now on. */
function describeAs(metadata: object): void {
  target.world.proxmox[0]!.state.guests.get(100)!.description = notes(metadata);
}

it('are written, and a second run writes nothing', async () => {
  await open('', '');
  const role = create('dcim/device-roles', 'Database');
  const platform = create('dcim/platforms', 'Special');
  describeAs({ role: role.id, platform: platform.id });

  await sync(target, on);

  expect(await placed(100)).toEqual(['Database', 'Special']);
  expect((await placed(101))[1]).toBe('Linux (kernel 2.6 or newer)');
  expect((await watchedSync(target, on)).writes).toEqual([]);
});

it('are not looked at while the option is off, and nothing is asked of NetBox for them', async () => {
  await open('');
  const role = create('dcim/device-roles', 'Database');
  describeAs({ role: role.id });

  await sync(target, `${route}?overwrite_vm_platform=true`);

  expect((await placed(100))[0]).not.toBe('Database');
});

it('respect the flags: without overwrite_vm_platform and overwrite_vm_role nothing of them is taken', async () => {
  await open('');
  const role = create('dcim/device-roles', 'Database');
  const platform = create('dcim/platforms', 'Special');
  describeAs({ role: role.id, platform: platform.id });

  await sync(target, `${route}?parse_description_metadata=true&overwrite_vm_role=false`);

  const [roleName, platformName] = await placed(100);
  expect(roleName).not.toBe('Database');
  expect(platformName).toBe('Linux (kernel 2.6 or newer)');
});

it('that NetBox does not have cost the guest nothing, and a warning says which', async () => {
  await open('');
  describeAs({ role: 9_001, platform: 9_002 });

  const complete = await sync(target, on);

  expect((await placed(100))[1]).toBe('Linux (kernel 2.6 or newer)');
  const told = JSON.stringify(complete);
  expect(told).toContain('metadata_id_unknown');
  expect(told).toContain('role 9001');
  expect(told).toContain('platform 9002');
});

it('take the place of a role that an operator gave, as configured ones do with overwrite_vm_role', async () => {
  await open('');
  const [database, other] = ['Database', 'Other'].map((name) => create('dcim/device-roles', name));
  describeAs({ role: database!.id });
  await sync(target, on);
  const { machine } = await machineOf(target, 100);
  target.simulator.operator.update('virtualization/virtual-machines', machine.id, { role: other!.id });

  await sync(target, on);
  expect((await placed(100))[0]).toBe('Database');
});
