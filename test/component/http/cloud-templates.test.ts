/** What guests can be made from, as the tab "Templates" of an endpoint asks for it. */
import { describe, expect, it } from 'vitest';
import { makeGuest } from '../../simulator/estate/make-guest.js';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { aLab, exampleOn, type Json } from './proxmox-lab.js';

const machine = (vmid: number, config: Readonly<Record<string, string>>, more: object = {}) =>
  makeGuest(0, { vmid, node: 'pve1', name: `tpl-${vmid}`, template: true, status: 'stopped', config, ...more });

/** Templates with a cloud-init drive, with `cicustom`, with neither; a guest and a container that are none. */
function anEstate() {
  const estate = exampleOn('9.2');
  const { guests, storages } = estate.clusters[0]!;
  const drives = { scsi0: 'local-lvm:base-900-disk-0,size=8G', ide2: 'local-lvm:vm-900-cloudinit,media=cdrom' };
  for (const guest of [
    machine(902, { scsi0: 'local-lvm:base-902-disk-0,size=4G' }),
    machine(901, { cicustom: 'user=local:snippets/a.yml' }, { node: 'pve2' }),
    machine(900, drives, { memoryMb: 2048, tags: 'a;b', description: 'notes' }),
    machine(903, { ide2: 'local-lvm:vm-903-cloudinit,media=cdrom' }, { template: false }),
  ])
    guests.set(guest.vmid, guest);
  const archive = (name: string, node: string) => ({
    volid: `tpl:vztmpl/${name}`,
    content: 'vztmpl' as const,
    format: 'tzst',
    size: 1024,
    ctime: 0,
    node,
    extra: {},
  });
  const shared = makeStorage({ name: 'tpl', type: 'nfs', content: 'vztmpl,iso', shared: true });
  shared.volumes.push(archive('debian.tar.zst', ''), archive('alpine.tar.zst', ''));
  storages.push(shared);
  return estate;
}

describe('templates of machines', () => {
  it('are those with cloud-init, by node and number', async () => {
    const { read } = await aLab({ estate: anEstate() });

    const { status, body } = await read('/cloud/vm/templates?endpoint_id=1');

    expect([status, body.count]).toEqual([200, 2]);
    expect(body.results[0]).toEqual({
      id: 900,
      endpoint_id: 1,
      endpoint_name: 'lab',
      cluster_name: 'lab',
      source_vmid: 900,
      vmid: 900,
      name: 'tpl-900',
      node: 'pve1',
      target_node: 'pve1',
      status: 'stopped',
      template: true,
      cloud_init: true,
      cloud_init_drives: ['ide2'],
      cicustom: null,
      tags: 'a;b',
      memory_mb: 2048,
      maxdisk_bytes: 8 * 1024 ** 3,
      description: 'notes',
      live_source: true,
    });
    expect(body.results[1]).toMatchObject({ vmid: 901, node: 'pve2', cicustom: 'user=local:snippets/a.yml' });
  });

  it('are all of them when that is asked for, also one whose configuration cannot be read', async () => {
    const { read, simulators } = await aLab({ estate: anEstate() });
    simulators[0]!.faults.add({ match: { path: /900\/config/ }, action: { status: 500, reason: 'no quorum' } });

    const { body } = await read('/cloud/vm/templates?endpoint_id=1&cloud_init_only=false');

    const ours = body.results.filter(({ vmid }: Json) => vmid >= 900 && vmid < 910);
    expect(ours.map(({ vmid, cloud_init: has }: Json) => [vmid, has])).toEqual([
      [900, false],
      [902, false],
      [901, true],
    ]);
  });
});

describe('archives of containers', () => {
  it('are each there once, by name', async () => {
    const { read } = await aLab({ estate: anEstate() });

    const { body } = await read('/cloud/lxc/templates?endpoint_id=1');

    const ours = body.filter(({ storage }: Json) => storage === 'tpl');
    expect(ours).toEqual([
      { volid: 'tpl:vztmpl/alpine.tar.zst', storage: 'tpl', path: null, size: 1024 },
      { volid: 'tpl:vztmpl/debian.tar.zst', storage: 'tpl', path: null, size: 1024 },
    ]);
  });

  it('of a storage that fails are left out, and an error when there is no other', async () => {
    const { read, simulators } = await aLab({ estate: anEstate() });
    simulators[0]!.faults.add({ match: { path: /storage\/tpl\/content/ }, action: { status: 500, reason: 'stale' } });
    const some = await read('/cloud/lxc/templates?endpoint_id=1');
    simulators[0]!.faults.add({ match: { path: /\/content$/ }, action: { status: 500, reason: 'stale' } });
    const none = await read('/cloud/lxc/templates?endpoint_id=1');

    expect([some.status, some.body.filter(({ storage }: Json) => storage === 'tpl')]).toEqual([200, []]);
    expect(none.status).toBeGreaterThanOrEqual(500);
  });
});

it.each(['/cloud/vm/templates', '/cloud/lxc/templates'])('%s is about one endpoint that is enabled', async (path) => {
  const { read, app, headers } = await aLab();
  const unnamed = await read(path);
  const unknown = await read(`${path}?endpoint_id=7`);
  await app.inject({ method: 'PUT', url: '/proxmox/endpoints/1', headers, payload: { enabled: false } });
  const disabled = await read(`${path}?endpoint_id=1`);

  expect(unnamed.status).toBe(422);
  expect([unknown.status, unknown.body]).toEqual([404, { detail: { reason: 'endpoint_not_found', endpoint_id: 7 } }]);
  expect([disabled.status, disabled.body]).toEqual([422, { detail: { reason: 'endpoint_disabled', endpoint_id: 1 } }]);
});
