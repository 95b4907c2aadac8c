/** What NetBox does not take of an object: it is left out and said once, and nothing is tried again in every run. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate, type ClusterPlan } from '../../contract/sync/estates.js';
import { all, machineOf, one, tagsOf } from '../../contract/sync/target.js';
import type { Observed } from '../../contract/sync/target.js';
import type { StreamResult } from '../../support/world.js';
import {
  addGuest,
  removeGuest,
  renameGuest,
  setConfig,
  setStatus,
  type EstateCluster,
} from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { makeOurTags } from './our-tags.js';
import { stages } from './plugin-calls.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, giveNode, say } from './talkers.js';

const machineModel = 'virtualization.virtualmachine';
const forbidden = { status: 403, body: { detail: 'You do not have permission to perform this action.' } };

let target: SimulatedTarget;
afterEach(() => target.close());

async function open(guests: ClusterPlan['guests'], version?: '4.6.8'): Promise<void> {
  target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests })), {
    ...(version === undefined ? {} : { netbox: { version } }),
    variables: { PROXBOX_DELETE_ORPHANS: 'true' },
  });
}

async function run(): Promise<Observed & StreamResult> {
  let result: StreamResult | undefined;
  const seen = await target.watch(async () => {
    result = await target.world.fullUpdate();
  });
  return { ...seen, ...result! };
}

/** Two more runs: nothing is written, not even in vain. */
async function expectQuiet(): Promise<void> {
  for (const again of [2, 3]) expect((await run()).writes, `run ${again}`).toEqual([]);
}

const warningsOf = ({ complete }: StreamResult, code: string): readonly string[] =>
  (complete.result?.warnings ?? []).filter(({ reason }) => reason === code).map(({ detail = '' }) => detail);

const create = (at: string, data: object) => target.simulator.operator.create(at, { ...data });
const customField = (name: string, fields: object) =>
  create('extras/custom-fields', { name, object_types: [machineModel], ...fields });
function selection(name: string, ...choices: readonly string[]): object {
  const set = create('extras/custom-field-choice-sets', {
    name: `${name}s`,
    extra_choices: choices.map((choice) => [choice, choice.toUpperCase()]),
  });
  return { type: 'select', choice_set: set.id };
}

describe('a custom field with our name that was made for something else', () => {
  it.each([
    ['of other types', {}, { proxmox_vm_id: { type: 'text' }, proxmox_vm_type: { type: 'boolean' } }],
    ['of another type, in NetBox 4.6', { version: '4.6.8' }, { proxmox_vm_id: { type: 'boolean' } }],
    ['with a rule that our value breaks', {}, { proxmox_vm_id: { type: 'integer', validation_maximum: 50 } }],
  ] as const)('is left out of the machines: %s', async (_what, options, fields) => {
    await open([{ vmid: 100 }, { vmid: 101 }], 'version' in options ? options.version : undefined);
    for (const [name, definition] of Object.entries(fields)) customField(name, definition);

    const first = await run();

    expect((await all(target, path.vms)).map(({ name }) => name)).toHaveLength(2);
    expect(first.complete.result?.kinds['virtual-machine']).toMatchObject({ created: 2, failed: 0 });
    expect(warningsOf(first, 'custom_field_refused')).toHaveLength(Object.keys(fields).length);
    await expectQuiet();
  });

  it('is left out where it is a selection without our choice, and written where it has it', async () => {
    await open([{ vmid: 100 }]);
    customField('proxmox_vm_type', selection('kind', 'vm', 'lxc'));
    const [node] = target.simulator.state
      .objects('extras/custom-fields')
      .filter((row) => row['name'] === 'proxmox_node');
    target.simulator.operator.remove('extras/custom-fields', node?.id ?? 0);
    customField('proxmox_node', selection('node', 'pve1', 'pve2'));

    const first = await run();

    const { machine } = await machineOf(target, 100);
    expect(machine.custom_fields).toMatchObject({ proxmox_vm_type: null, proxmox_node: { value: 'pve1' } });
    expect(warningsOf(first, 'custom_field_refused')).toHaveLength(1);
    await expectQuiet();
  });

  it('is left out of machines that were there before it was made', async () => {
    await open([{ vmid: 100 }, { vmid: 101 }]);
    await run();
    customField('proxmox_vm_type', { type: 'boolean' });

    const second = await run();

    expect(second.complete.ok).toBe(true);
    expect(warningsOf(second, 'custom_field_refused')).toHaveLength(1);
    await expectQuiet();
  });
});

describe('a custom field that an operator has to fill', () => {
  it('is told for each machine that lacks it, and the others go on', async () => {
    await open([{ vmid: 100 }, { vmid: 101 }]);
    await run();
    customField('owner', { type: 'text', required: true });
    const { machine } = await machineOf(target, 100);
    target.simulator.operator.update(path.vms, machine.id, { custom_fields: { owner: 'me' }, memory: 1 });
    const other = await machineOf(target, 101);
    await target.world.restart();
    for (const { guests } of target.world.estate.clusters)
      for (const guest of guests.values()) guest.config['memory'] = 4096;

    const second = await run();

    expect((await machineOf(target, 100)).machine.memory).not.toBe(1);
    const told = (second.complete.result?.errors ?? []).filter(({ reason }) => reason === 'custom_field_required');
    expect(told.every(({ detail = '' }) => detail.includes('"owner"') && detail.includes(other.machine.name))).toBe(
      true,
    );
    expect(second.complete.result?.kinds['virtual-machine']).toMatchObject({ discovered: 2, failed: told.length });
  });

  it('keeps new machines out, one sentence each, and nothing but them', async () => {
    await open([{ vmid: 100 }, { vmid: 101 }]);
    customField('owner', { type: 'text', required: true });

    const { complete } = await run();

    expect(complete.result?.kinds['virtual-machine']).toMatchObject({ created: 0, failed: 2 });
    expect(complete.result?.kinds['node-interface']).toMatchObject({ failed: 0 });
    expect(await all(target, path.devices)).toHaveLength(1);
    expect((await run()).changes).toBe(0);
  });
});

describe('what NetBox refuses for want of a custom field', () => {
  let lab: EstateCluster;
  const required = (model: string): void =>
    void create('extras/custom-fields', { name: 'owner', type: 'text', object_types: [model], required: true });

  it.each([
    ['a mark', machineModel, () => removeGuest(lab, 101)],
    ['a primary address', machineModel, () => say(lab, 101, ['10.0.0.201'])],
    [
      'the name of a machine whose guest is gone',
      machineModel,
      () => {
        removeGuest(lab, 101);
        addGuest(lab, { ...aTalker(150, ['10.0.0.150']), name: 'host101' });
      },
    ],
    ['the primary address of a node', 'dcim.device', () => giveNode(lab, 'pve1', ['10.1.0.2'])],
    [
      'a tag of a device',
      'dcim.device',
      async () =>
        target.simulator.operator.update('dcim/devices', (await one(target, path.devices, 'name=pve1')).id, {
          tags: [],
        }),
    ],
  ])('is not sent again, and told in every run: %s', async (_what, model, change) => {
    lab = aCluster({ guests: [100, 101, 102].map((vmid) => aTalker(vmid, [`10.0.0.${vmid}`])) });
    giveNode(lab, 'pve1', ['10.1.0.1']);
    target = await openSimulated(anEstate(lab), { variables: { PROXBOX_DELETE_ORPHANS: 'true' } });
    await run();
    await Promise.resolve(change());
    required(model);

    const ends = [await run(), await run(), await run()];

    expect(ends.map(({ complete }) => complete.ok)).toEqual([false, false, false]);
    expect(ends[0]!.writes).not.toEqual([]);
    expect(ends.slice(1).map(({ writes }) => writes)).toEqual([[], []]);
    for (const { complete } of ends)
      expect(complete.errors.map(({ reason }) => reason)).toContain('custom_field_required');
  });
});

describe('a tag', () => {
  const tagged = (vmid: number) => ({
    vmid,
    config: { scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, tags: 'prod;web' },
  });

  it('that the token may not create is left out, and the permission named once', async () => {
    await open([{ vmid: 99 }]);
    await run();
    await target.close();
    await open([tagged(100), tagged(101)]);
    makeOurTags(target);
    target.simulator.faults.add({ match: { path: /extras\/tags/, method: 'POST' }, action: forbidden });

    const first = await run();

    expect(tagsOf((await machineOf(target, 100)).machine)).toEqual(['proxbox', 'proxbox-discovered-qemu']);
    expect(first.complete).toMatchObject({ ok: true, result: { status: 'completed' } });
    expect(warningsOf(first, 'tag_unusable')).toHaveLength(1);
    await expectQuiet();
    target.simulator.faults.clear();
    expect(warningsOf(await run(), 'tag_unusable')).toEqual([]);
    expect(tagsOf((await machineOf(target, 100)).machine)).toEqual([
      'prod',
      'proxbox',
      'proxbox-discovered-qemu',
      'web',
    ]);
    await expectQuiet();
  });

  it('by which we know what is ours is on everything that we make: without it nothing is made', async () => {
    await open([tagged(100)]);
    target.simulator.faults.add({ match: { path: /extras\/tags/, method: 'POST' }, action: forbidden });

    const first = await run();

    expect(first.complete).toMatchObject({ ok: false, result: { status: 'failed' } });
    expect(first.changes).toBe(0);
    target.simulator.faults.clear();
    expect((await run()).complete).toMatchObject({ ok: true, result: { status: 'completed' } });
    const made = [
      ...(await all(target, path.manufacturers)),
      ...(await all(target, '/api/virtualization/cluster-types/')),
      await one(target, '/api/dcim/device-roles/', 'slug=proxmox-node'),
    ];
    expect(made.map(tagsOf)).toEqual([['proxbox'], ['proxbox'], ['proxbox']]);
    await expectQuiet();
  });

  it('that is restricted to other object types is left out, in one more request', async () => {
    await open([tagged(100), tagged(101), { vmid: 102 }]);
    create('extras/tags', { name: 'prod', slug: 'prod', color: '00ff00', object_types: ['dcim.site'] });

    const first = await run();

    expect(tagsOf((await machineOf(target, 100)).machine)).toEqual(['proxbox', 'proxbox-discovered-qemu', 'web']);
    expect(first.writes.filter((write) => write === `POST ${path.vms}`)).toHaveLength(2);
    expect(warningsOf(first, 'tag_unusable')).toHaveLength(1);
    await expectQuiet();
  });

  it('that is left out of types and sync states still marks the clusters, devices and machines that it may hang on', async () => {
    await open([tagged(100)]);
    const types = [machineModel, 'dcim.device', 'virtualization.cluster', 'virtualization.vminterface'];
    create('extras/tags', { name: 'Proxbox', slug: 'proxbox', color: '00ff00', object_types: types });

    await run();

    const { machine } = await machineOf(target, 100);
    const [device, cluster] = [
      await one(target, path.devices, 'name=pve1'),
      await one(target, path.clusters, 'name=lab'),
    ];
    for (const made of [machine, device, cluster]) expect(tagsOf(made)).toContain('proxbox');
    await expectQuiet();
  });

  it.each(['4.7.3', '4.6.8', '4.5.9'] as const)(
    'that an object has already stays on it when it is restricted, in NetBox %s',
    async (version) => {
      const lab = aCluster({ nodes: ['pve1'], guests: [tagged(100)] });
      target = await openSimulated(anEstate(lab), { netbox: { version } });
      await run();
      const prod = target.simulator.state.objects('extras/tags').find(({ slug }) => slug === 'prod')!;
      target.simulator.operator.update('extras/tags', prod.id, { object_types: ['dcim.site'] });
      addGuest(lab, { node: 'pve1', ...tagged(101) });
      setConfig(lab, 100, 'tags', 'prod;shop;web');

      await run();

      const [old, fresh] = [await machineOf(target, 100), await machineOf(target, 101)];
      const ours = ['proxbox', 'proxbox-discovered-qemu'];
      expect(tagsOf(old.machine)).toEqual(['prod', ...ours, 'shop', 'web']);
      expect(tagsOf(fresh.machine)).toEqual([...ours, 'web']);
      await expectQuiet();
    },
  );

  it('that keeps later syncs away is on everything that is made in that mode: without it nothing is made', async () => {
    await open([{ vmid: 100 }]);
    create('extras/tags', { name: 'bootstrap-only', slug: 'bootstrap-only', object_types: ['dcim.site'] });
    const once = () => target.world.fullUpdate('?sync_mode_vm=bootstrap_only');

    const ends = [await once(), await once()].map(({ complete, frames }) => [
      complete.ok,
      complete.result?.kinds['virtual-machine'],
      JSON.stringify(frames).includes(
        'needs the tag \\"bootstrap-only\\" and was not written: it is restricted to other object types.',
      ),
    ]);

    expect(await all(target, path.vms)).toEqual([]);
    expect(ends[0]).toEqual([false, expect.objectContaining({ created: 0, failed: 1 }), true]);
    expect(ends[1]).toEqual(ends[0]);
  });

  it('that marks what we make is left out of the kinds that it may not hang on', async () => {
    await open([tagged(100)]);
    const types = [machineModel, 'dcim.device', 'virtualization.cluster'];
    create('extras/tags', { name: 'Proxbox', slug: 'proxbox', color: '00ff00', object_types: types });

    await run();

    expect((await all(target, path.disks)).map(tagsOf)).toEqual([[]]);
    await expectQuiet();
  });
});

describe('a support object', () => {
  it('is found by its name when it has another slug, and by its slug when it has another name', async () => {
    await open([{ vmid: 100 }]);
    create('dcim/manufacturers', { name: 'proxmox', slug: 'pve' });
    create('virtualization/cluster-types', { name: 'Cluster', slug: 'proxmox-ve' });
    create('dcim/device-roles', { name: 'Proxmox Node', slug: 'hypervisor', color: '111111' });
    create('extras/tags', { name: 'Proxbox', slug: 'pbx', color: '0000ff' });
    create('dcim/sites', { name: 'Proxmox Default Site - lab', slug: 'home' });
    create('virtualization/virtual-machine-types', { name: 'Machine', slug: 'qemu-virtual-machine' });

    const { complete } = await run();

    expect(complete).toMatchObject({ ok: true });
    expect(await one(target, path.devices, 'name=pve1')).toMatchObject({
      role: { slug: 'hypervisor' },
      device_type: { manufacturer: { slug: 'pve' } },
      site: { slug: 'home' },
    });
    expect(await one(target, path.clusters, 'name=lab')).toMatchObject({ type: { slug: 'proxmox-ve' } });
    expect(tagsOf(await one(target, path.clusters, 'name=lab'))).toContain('pbx');
    expect((await machineOf(target, 100)).machine.virtual_machine_type.name).toBe('Machine');
    expect(tagsOf((await all(target, path.manufacturers))[0])).toEqual([]);
    await expectQuiet();
  });

  it('that cannot be had stops what needs it, with the true cause, and not the run', async () => {
    await open([{ vmid: 100 }]);
    target.simulator.faults.add({ match: { path: /dcim\/manufacturers/, method: 'POST' }, action: forbidden });

    const { complete } = await run();

    const told = complete.errors.map(({ detail }) => detail);
    expect(told[0]).toMatch(/device "pve1" was not written because of device type.*manufacturer.*permission 'add'/);
    // The cause stands before what only followed from it.
    expect(complete.errors.map(({ reason }) => reason)).toEqual(['stage_failed', 'forbidden', 'dependency_failed']);
    expect(told[1]).toMatch(/does not allow the token to write the manufacturer/);
    expect(await all(target, path.clusters)).toHaveLength(1);
    expect(await all(target, path.devices)).toEqual([]);
    expect((await machineOf(target, 100)).machine).toMatchObject({ name: 'guest-100', device: null });
  });
});

describe('a machine that NetBox does not take', () => {
  it.each([
    ['for want of a permission', forbidden],
    ['for what is in it', { status: 400, body: { name: ['No.'] } }],
  ])('%s has its new name and status as soon as it does', async (_why, action) => {
    await open([{ vmid: 100 }, { vmid: 101 }, { vmid: 102 }]);
    await run();
    const [cluster] = target.world.estate.clusters;
    renameGuest(cluster!, 100, 'renamed');
    setStatus(cluster!, 101, 'stopped');
    target.simulator.faults.add({ match: { path: /virtual-machines\//, method: 'PATCH' }, action });
    expect((await run()).complete).toMatchObject({ ok: false, result: { status: 'partial' } });
    target.simulator.faults.clear();

    expect((await run()).complete).toMatchObject({ ok: true, errors: [] });

    expect((await machineOf(target, 100)).machine.name).toBe('renamed');
    expect((await machineOf(target, 101)).machine.status.value).toBe('offline');
    await expectQuiet();
  });
});

describe('an address that NetBox does not give twice', () => {
  const full = ['/full-update/stream', '/full-update/stream?proxmox_endpoint_ids=1'];
  const dayMs = 86_400_000;
  const host = '10.0.0.5/';
  const clock = createSteppedClock();

  /** Requests of the calls to create the address, each a day after the one before. */
  async function attempts(...calls: readonly string[]): Promise<number> {
    target.simulator.resetCounters();
    for (const call of calls) {
      clock.step(dayMs);
      await target.world.stream(call);
    }
    const creations = target.simulator.requestLog.filter(
      ({ method, body }) => method === 'POST' && body.includes(host),
    );
    return creations.length;
  }

  /** A guest that has the address of a machine that nobody knows. */
  async function contested(): Promise<{ readonly machine: number; readonly address: number }> {
    const guest = { vmid: 100, ...withAgent('10.0.0.5') };
    target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests: [guest] })), { clock });
    const cluster = create('virtualization/clusters', {
      name: 'theirs',
      type: create('virtualization/cluster-types', { name: 'other', slug: 'other' }).id,
    });
    const machine = create('virtualization/virtual-machines', { name: 'theirs', cluster: cluster.id }).id;
    const port = create('virtualization/interfaces', { virtual_machine: machine, name: 'eth0' }).id;
    const address = create('ipam/ip-addresses', {
      address: '10.0.0.5/24',
      assigned_object_type: 'virtualization.vminterface',
      assigned_object_id: port,
    }).id;
    return { machine, address };
  }

  it('is tried once: by no later run, by no job for an endpoint, and not after a restart', async () => {
    await contested();
    expect(await attempts(full[0] ?? '')).toBe(1);

    expect(await attempts(...full, ...stages(1))).toBe(0);
    await target.world.restart();
    expect(await attempts(...full, ...stages(1))).toBe(0);
  });

  it.each([
    ['the other machine is renamed', 'virtualization/virtual-machines', 'machine', { name: 'else' }],
    ['the other address gets another mask', 'ipam/ip-addresses', 'address', { address: '10.0.0.5/25' }],
  ] as const)('is tried again, once, when %s', async (_what, at, which, fields) => {
    const { [which]: id } = await contested();
    expect(await attempts(...full)).toBe(1);

    target.simulator.operator.update(at, id, fields);
    await target.world.restart();

    expect(await attempts(...full, ...stages(1))).toBe(1);
  });

  it('is tried again, once, when the guest is renamed, when its operator says so, and after a month', async () => {
    await contested();
    expect(await attempts(...full)).toBe(1);

    const [cluster] = target.world.estate.clusters;
    renameGuest(cluster!, 100, 'renamed');
    expect(await attempts(...full)).toBe(1);
    await target.world.ask('GET', '/clear-cache');
    expect(await attempts(...full)).toBe(1);
    clock.step(30 * dayMs);
    expect(await attempts(...full)).toBe(1);
  });

  it('is written as soon as the other one is gone', async () => {
    const { address } = await contested();
    expect(await attempts(...full)).toBe(1);

    target.simulator.operator.remove('ipam/ip-addresses', address);

    expect(await attempts(...full)).toBe(1);
    expect(await all(target, '/api/ipam/ip-addresses/')).toHaveLength(2);
  });
});

describe('a custom field in which NetBox wants a value, on what others do without', () => {
  it.each([
    ['vlan', 'ipam.vlan'],
    ['platform', 'dcim.platform'],
  ])('leaves a %s out in the first run as in those that know of it', async (kind, model) => {
    const config = { ostype: 'l26', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=120' };
    await open([{ vmid: 100, config }]);
    const field = { name: 'owner', type: 'text', object_types: [model], required: true };
    target.simulator.operator.create('extras/custom-fields', field);

    const ends: unknown[] = [];
    while (ends.length < 3) {
      const { complete } = await run();
      const { discovered, skipped } = complete.result!.kinds[kind]!;
      ends.push([complete.ok, complete.result!['status'], { discovered, skipped }]);
    }

    expect(ends[0]).toEqual([true, 'completed', { discovered: expect.any(Number), skipped: expect.any(Number) }]);
    expect([ends[1], ends[2]]).toEqual([ends[0], ends[0]]);
  });
});

function withAgent(host: string): Pick<ClusterPlan['guests'][number], 'status' | 'config' | 'agent'> {
  const mac = 'BC:24:11:00:00:01';
  return {
    status: 'running',
    config: { agent: 1, scsi0: 'ceph:vm-100-disk-0,size=8G', net0: `virtio=${mac},bridge=vmbr0` },
    agent: {
      state: 'running',
      interfaces: [
        {
          name: 'ens18',
          'hardware-address': mac.toLowerCase(),
          'ip-addresses': [{ 'ip-address': host, 'ip-address-type': 'ipv4', prefix: 24 }],
        },
      ],
    },
  };
}
