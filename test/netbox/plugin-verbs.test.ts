/** The plugin's buttons on the page of a virtual machine: what they do to the guest, and what stays in the journal. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProxmoxSimulator } from '../simulator/proxmox/index.js';
import { aCluster, anEstate } from '../contract/sync/estates.js';
import { path, type Answer } from '../contract/netbox/target.js';
import { allOf, machineOf } from './plugin-estate.js';
import { expectCompleted } from './plugin-jobs.js';
import type { PluginPage } from './plugin-worker.js';
import { openPluginWorld, type PluginWorld } from './plugin-world.js';
import { eventually } from '../support/eventually.js';

describe('the buttons of a virtual machine', () => {
  const guests = [
    { vmid: 100, status: 'stopped' as const },
    { vmid: 200, type: 'lxc' as const, config: { rootfs: 'ceph:vm-200-disk-0,size=4G' } },
  ];
  const lab = { ...aCluster({ nodes: ['pve1', 'pve2'], guests }), profile: '9.2' as const };
  const edge = aCluster({ name: 'edge', nodes: ['pve1', 'pve2'], guests });
  let world: PluginWorld;
  let ours: ProxmoxSimulator;
  let other: ProxmoxSimulator;
  let machine: Answer['body'];

  beforeAll(async () => {
    world = await openPluginWorld(anEstate(lab, edge));
    [ours, other] = [world.proxmox[0]!, world.proxmox[1]!];
    expectCompleted(await world.sync(['all']));
    machine = await machineOf(world, lab, 100);
  });
  beforeEach(() => {
    for (const simulator of world.proxmox) simulator.resetCounters();
  });
  afterAll(() => world.close());

  const buttonOf = (verb: string, { id }: Answer['body'] = machine): string =>
    `/virtualization/virtual-machines/${id}/proxbox-operational-${verb}/`;
  /** The button of the plugin's page about high availability, for the first endpoint. */
  const commandHa = async (command: 'arm' | 'disarm'): Promise<Answer['body']> => {
    const page = await world.worker.press(`/plugins/proxbox/ha/${command}/`, { endpoint_id: world.endpointIds[0] });
    return JSON.parse(page.text).results[0];
  };
  const press = (verb: string, data?: Readonly<Record<string, unknown>>): Promise<PluginPage> =>
    world.worker.press(buttonOf(verb), data);
  const machinePage = async (): Promise<string> =>
    (await world.worker.visit(`/virtualization/virtual-machines/${machine.id}/`)).text;
  /** On the page of the endpoint in NetBox; a box that is not ticked is not sent. */
  const switchWriting = async (isOn: boolean): Promise<void> => {
    const { status } = await world.worker.edit(`/plugins/proxbox/endpoints/proxmox/${world.endpointIds[0]}/edit/`, {
      allow_writes: isOn ? 'on' : '',
    });
    expect(status).toBe(302);
  };
  /** Of the two endpoints, in the order of the clusters. */
  const isWritable = async (): Promise<boolean[]> => {
    const rows: { name: string; allow_writes: boolean }[] = await world.ask('/proxmox/endpoints');
    return world.endpointIds.map((id) => rows.find(({ name }) => name.endsWith(`(nb:${id})`))!.allow_writes);
  };
  const journal = async (): Promise<{ kind: string; comments: string }[]> => {
    const of = `&assigned_object_type=virtualization.virtualmachine&assigned_object_id=${machine.id}&ordering=id`;
    const entries = await allOf(world.netbox, '/api/extras/journal-entries/', of);
    return entries.map(({ kind, comments }) => ({ kind: kind.value, comments }));
  };
  const writesTo = (simulator: ProxmoxSimulator): string[] =>
    simulator.requestLog
      .filter(({ method, path: at }) => method !== 'GET' && at !== '/access/ticket')
      .map(({ method, path: at }) => `${method} ${at}`);
  /** The journal entry of the verb is complete once its task has ended. */
  const expectJournal = async (count: number, lines: readonly string[]): Promise<void> => {
    await eventually(async () => {
      const entries = await journal();
      expect(entries).toHaveLength(count);
      expect(entries.at(-1)!.kind).toBe('info');
      for (const line of [...lines, '- task_result: `OK`']) expect(entries.at(-1)!.comments).toContain(line);
    });
  };
  const done = (verb: string) => [{ level: 'success', text: `Proxmox ${verb} dispatched.` }];

  it('are grey while writing is off, and what is sent all the same is refused with our reason', async () => {
    const html = await machinePage();
    const page = await press('start');

    expect(html).toContain('This endpoint does not allow writes');
    expect(html).not.toContain(buttonOf('start'));
    expect(page.messages).toEqual([
      {
        level: expect.stringMatching(/danger|error/),
        text: expect.stringContaining(
          'Proxmox start request failed (403). Reason: endpoint_writes_disabled. Operational verbs are disabled on this endpoint.',
        ),
      },
    ]);
    expect([ours.counters.total, other.counters.total]).toEqual([0, 0]);
    expect(await journal()).toEqual([]);
    expect(lab.guests.get(100)).toMatchObject({ status: 'stopped' });
  });

  it('work when the switch on the page of the endpoint is on, which reaches this endpoint alone', async () => {
    expect(await isWritable()).toEqual([false, false]);

    await switchWriting(true);

    await eventually(async () => expect(await isWritable()).toEqual([true, false]));
    expect(await machinePage()).toContain(buttonOf('start'));
  });

  it('start the guest', async () => {
    const page = await press('start');

    expect(page).toMatchObject({ status: 302, messages: done('start') });
    await expectJournal(1, [
      '- verb: start',
      '- actor: proxbox-api',
      '- result: ok',
      '- proxmox_task_upid: UPID:pve1:',
    ]);
    expect(lab.guests.get(100)).toMatchObject({ status: 'running' });
    expect(writesTo(ours)).toEqual(['POST /nodes/pve1/qemu/100/status/start']);
  });

  it('say nothing new when it runs already', async () => {
    const page = await press('start');

    expect(page.messages).toEqual(done('start'));
    expect(writesTo(ours)).toEqual([]);
    expect((await journal()).at(-1)!.comments).toContain('- result: already_running');
  });

  it('take a snapshot', async () => {
    const page = await press('snapshot');

    expect(page.messages).toEqual(done('snapshot'));
    await expectJournal(3, ['- verb: snapshot', '- result: ok']);
    expect(lab.guests.get(100)!.snapshots).toMatchObject([{ name: expect.stringMatching(/^proxbox-[\w-]{8}$/) }]);
  });

  it('migrate the guest to a node that the plugin offers', async () => {
    const picker = await world.worker.visit(buttonOf('migrate'));
    const page = await press('migrate', { target: 'pve2', online: 'on' });

    expect(picker.text).toContain('<option value="pve2">');
    expect(picker.text).not.toContain('<option value="pve1">');
    expect(page.messages).toEqual(done('migrate'));
    await expectJournal(4, ['- verb: migrate', '- result: accepted', '- proxmox_task_upid: UPID:pve1:']);
    expect(lab.guests.get(100)).toMatchObject({ node: 'pve2', status: 'running' });
  });

  it('show why Proxmox may not be asked, as a refused migration', async () => {
    const page = await press('migrate', { target: 'pve2', online: 'on' });

    expect(page.messages[0]!.text).toContain('(400). Reason: target_not_allowed. ');
    expect(page.messages[0]!.text).toContain("The guest is on node 'pve2' already.");
    expect((await journal()).at(-1)).toMatchObject({ kind: 'warning' });
    expect(writesTo(ours)).toEqual([]);
  });

  it('stop the guest where it is now', async () => {
    const page = await press('stop');

    expect(page.messages).toEqual(done('stop'));
    await expectJournal(6, ['- verb: stop', '- result: ok', '- proxmox_task_upid: UPID:pve2:']);
    expect(lab.guests.get(100)).toMatchObject({ status: 'stopped' });
  });

  it('stop a container as well', async () => {
    const container = await machineOf(world, lab, 200);

    const page = await world.worker.press(buttonOf('stop', container));

    expect(page.messages).toEqual(done('stop'));
    await eventually(() => expect(lab.guests.get(200)).toMatchObject({ status: 'stopped' }));
    expect(writesTo(ours)).toEqual(['POST /nodes/pve1/lxc/200/status/stop']);
  });

  it('disarm and arm high availability of that cluster, on its page', async () => {
    expect(await commandHa('disarm')).toMatchObject({ ok: true, status_code: 200 });
    expect(lab.ha.disarmed).toBe('freeze');

    expect(await commandHa('arm')).toMatchObject({ ok: true });
    expect(lab.ha.disarmed).toBeNull();
    expect(writesTo(other)).toEqual([]);
  });

  it('leave a state that the next sync brings to NetBox', async () => {
    expectCompleted(await world.sync(['all']));

    const { body } = await world.netbox.get(`${path.vms}${machine.id}/`);
    expect(body).toMatchObject({ status: { value: 'offline' }, device: { name: 'pve2' } });
  });

  it('never touched the guest of the other cluster with the same VMID', async () => {
    expect(edge.guests.get(100)).toMatchObject({ status: 'stopped', node: 'pve1', snapshots: [] });
    expect(writesTo(other)).toEqual([]);
  });

  it('are refused again when the switch is off', async () => {
    await switchWriting(false);
    await eventually(async () => expect(await isWritable()).toEqual([false, false]));
    ours.resetCounters();

    const page = await press('start');

    expect(page.messages[0]!.text).toContain('Reason: endpoint_writes_disabled.');
    expect(ours.counters.total).toBe(0);
  });
});
