/** The platform of a machine: from what its guest's configuration names, where no operator has chosen one. */
import { afterEach, expect, it } from 'vitest';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, sync, watchedSync } from '../../contract/sync/target.js';
import { path } from '../../contract/netbox/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

let target: SimulatedTarget;
afterEach(() => target.close());

const platforms = '/api/dcim/platforms/';
const guest = (vmid: number, ostype?: string) => ({ vmid, config: ostype === undefined ? {} : { ostype } });
const open = async (...guests: ReturnType<typeof guest>[]): Promise<void> => {
  target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests })));
};
const create = (name: string, fields: object = {}) =>
  target.simulator.operator.create('dcim/platforms', {
    name,
    slug: name.toLowerCase().replace(/\W+/g, '-'),
    ...fields,
  });
const nameOf = async (vmid: number) => (await machineOf(target, vmid)).machine.platform?.name ?? null;

it('is made once for all guests that name it, and a second run writes nothing', async () => {
  await open(guest(100, 'l26'), guest(101, 'l26'), guest(102, 'win11'), guest(103, 'plan9'), guest(104));

  await sync(target);

  expect(await Promise.all([100, 101, 102, 103, 104].map(nameOf))).toEqual([
    'Linux (kernel 2.6 or newer)',
    'Linux (kernel 2.6 or newer)',
    'Windows 11',
    null,
    null,
  ]);
  expect((await all(target, platforms)).map(({ name, slug }) => [name, slug])).toEqual([
    ['Linux (kernel 2.6 or newer)', 'linux-kernel-2-6-or-newer'],
    ['Windows 11', 'windows-11'],
  ]);
  expect((await watchedSync(target)).writes).toEqual([]);
});

it("is an operator's platform of that name or slug, used as it is; one of a manufacturer comes last", async () => {
  await open(guest(100, 'debian'), guest(101, 'ubuntu'));
  const acme = target.simulator.operator.create('dcim/manufacturers', { name: 'Acme', slug: 'acme' });
  create('Debian', { manufacturer: acme.id });
  const debian = create('DEBIAN', { slug: 'deb' });
  const ubuntu = create('Canonical', { slug: 'ubuntu' });

  await sync(target);

  const used = [
    (await machineOf(target, 100)).machine.platform?.id,
    (await machineOf(target, 101)).machine.platform?.id,
  ];
  expect(used).toEqual([debian.id, ubuntu.id]);
  expect((await all(target, platforms)).map(({ name }) => name)).toEqual(['Canonical', 'Debian', 'DEBIAN']);
});

it('fills an empty one, keeps what an operator chose, and replaces it only when asked to', async () => {
  await open(guest(100, 'debian'));
  await sync(target);
  const { machine } = await machineOf(target, 100);
  const own = create('Our Debian');

  await edit(target, path.vms, machine.id, { platform: own.id });
  expect((await watchedSync(target)).writes).toEqual([]);
  expect(await nameOf(100)).toBe('Our Debian');

  await sync(target, '/full-update/stream?overwrite_vm_platform=true');
  expect(await nameOf(100)).toBe('Debian');

  await edit(target, path.vms, machine.id, { platform: null });
  await sync(target);
  expect(await nameOf(100)).toBe('Debian');
});

it('costs no machine and no run where the token may not make or view platforms', async () => {
  await open(guest(100, 'debian'));
  const forbid = (method: string) =>
    target.simulator.faults.add({
      match: { method, path: /\/dcim\/platforms\// },
      action: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });
  forbid('POST');
  const first = await sync(target);
  expect(JSON.stringify(first.complete.result?.warnings)).toContain('platform_unavailable');
  expect((await machineOf(target, 100)).machine.platform).toBeNull();

  forbid('GET');
  await target.world.restart();
  const second = await sync(target);
  expect(JSON.stringify(second.complete.result?.warnings)).toContain('platform_unavailable');

  target.simulator.faults.clear();
  await target.world.restart();
  await sync(target);
  expect(await nameOf(100)).toBe('Debian');
});
