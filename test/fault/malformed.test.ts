import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import type { EstateGuest } from '../simulator/estate/index.js';
import { expectConvergence, expectPartial, undisturbed } from './support/expectations.js';
import { apiKey, openFaultWorld, type FaultWorld } from './support/world.js';

const nasty = [
  `line one\nline two\r\nevent: complete\ndata: {"ok":true}\n\n`,
  `"quotes" 'and' \\backslashes\\ </script>`,
  'umlauts äöü, 漢字, emoji 🦄🏳️‍🌈',
  'separators \u2028 and \u2029 and \u0085',
  'half a pair \ud800 and a null \u0000 and a bell \u0007',
  'x'.repeat(5000),
  '🦄'.repeat(500),
  ' \n\t ',
  '..',
];

describe('malformed answers of Proxmox', () => {
  let world: FaultWorld;
  let wanted: readonly string[];
  const lab = () => {
    const [cluster] = world.estate.clusters;
    if (cluster === undefined) throw new Error('the estate has no cluster');
    return cluster;
  };
  const rowOf = (guest: EstateGuest) => ({
    id: `${guest.type}/${guest.vmid}`,
    type: guest.type,
    vmid: guest.vmid,
    node: guest.node,
    name: guest.name,
    status: guest.status,
    template: guest.template ? 1 : 0,
    maxcpu: guest.cpus,
    maxmem: guest.memoryMb * 1024 ** 2,
  });

  beforeAll(async () => {
    world = await openFaultWorld({ estate: createEstate({ vms: nasty.length, clusters: 1, seed: 3 }) });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  const answer = (path: RegExp, data: unknown): void => {
    for (const { faults } of world.proxmox) faults.add({ match: { path }, action: { status: 200, body: { data } } });
  };

  it('rows without number, node or type, and rows that are none: the other guests are synced, and it is told', async () => {
    const rows = [...lab().guests.values()].map(rowOf);
    const broken = [
      { ...rows[0], vmid: undefined, id: undefined },
      { ...rows[0], vmid: 'many' },
      { ...rows[0], vmid: 900, id: 'qemu/900', node: undefined },
      { ...rows[0], vmid: 901, id: 'qemu/901', type: 'toaster' },
      null,
      17,
      'text',
      [],
    ];
    answer(/^\/cluster\/resources$/, [...broken, ...rows]);

    const result = await world.fullUpdate();
    const { complete } = result;

    expectPartial(result);
    expect(complete.errors).toMatchObject([{ reason: 'resource_unreadable', count: 1, examples: ['lab'] }]);
    expect(complete.result?.kinds['virtual-machine']).toMatchObject({ discovered: rows.length, created: rows.length });
    // Each stage reads the list; it is told once.
    expect(complete.result?.warnings?.filter(({ reason }) => reason === 'resource_unreadable')).toMatchObject(
      world.proxmox.map(() => ({
        message: expect.stringContaining('lists 4 guests (proxy-01, qemu/100, qemu/900, qemu/901)'),
      })),
    );
    await expectConvergence(world, wanted);
  });

  it('numbers as text: nothing differs', async () => {
    const rows = [...lab().guests.values()].map(rowOf);
    const asText = rows.map((row) => ({
      ...row,
      vmid: String(row.vmid),
      template: String(row.template),
      maxcpu: String(row.maxcpu),
      maxmem: String(row.maxmem),
    }));
    answer(/^\/cluster\/resources$/, asText);

    const { complete } = await world.fullUpdate();

    expect(complete).toMatchObject({ ok: true, errors: [] });
    await expectConvergence(world, wanted);
  });

  it('a guest without a name has the one that Proxmox shows, until it has its own', async () => {
    const guest = lab().guests.get(100);
    if (guest === undefined) throw new Error('the estate has no guest 100');
    const { name } = guest;
    guest.name = '';

    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });

    expect(world.netbox.state.find('virtualization/virtual-machines', (row) => row['name'] === 'VM 100')).toBeDefined();
    guest.name = name;
    await expectConvergence(world, wanted);
  });

  it.each<readonly [string, RegExp, unknown, RegExp]>([
    ['the guest list', /^\/cluster\/resources$/, { rows: [] }, /cluster\/resources/],
    ['the storage list', /^\/storage$/, 'none today', /storage/],
    ['the cluster status', /^\/cluster\/status$/, 42, /cluster\/status/],
    ['the version', /^\/version$/, null, /version/],
  ])('%s is of another shape: the run fails and names it', async (_text, path, data, told) => {
    await world.restart();
    answer(path, data);

    const { complete } = await world.fullUpdate();

    expect(complete.ok).toBe(false);
    expect(complete.errors[0]?.detail).toMatch(/came without|answered .* without/);
    expect(complete.errors[0]?.detail).toMatch(told);
    await expectConvergence(world, wanted);
  });

  it('names, tags and notes from hell: each frame is one line of ASCII, one complete, and the second run writes nothing', async () => {
    const before = [...lab().guests.values()].map(({ vmid, name, description, tags }) => ({
      vmid,
      name,
      description,
      tags,
    }));
    for (const [index, guest] of [...lab().guests.values()].entries()) {
      const text = nasty[index] ?? '';
      Object.assign(guest, { name: text, description: text, tags: `${text.slice(0, 200)};ok` });
    }

    const response = await fetch(`${world.url}/full-update/stream`, { headers: { 'X-Proxbox-API-Key': apiKey } });
    const text = await response.text();

    const frames = text.split('\n\n').filter((frame) => frame !== '' && !frame.startsWith(':'));
    for (const frame of frames) expect(frame).toMatch(/^event: [a-z_]+\ndata: [\x20-\x7e]+$/);
    const data = frames.map((frame) => JSON.parse(frame.replace(/^.*\ndata: /, '')) as Record<string, unknown>);
    const completes = frames.filter((frame) => frame.startsWith('event: complete\n'));
    expect(completes).toHaveLength(1);
    expect(frames.at(-1)).toBe(completes[0]);
    expect(data.at(-1)).toMatchObject({ ok: true, errors: [] });
    const names = world.netbox.state.objects('virtualization/virtual-machines').map((row) => String(row['name']));
    expect(names).toHaveLength(nasty.length);
    for (const name of names) expect(name).toMatch(/^[^\u0000-\u001f\u007f]{1,64}$/u);
    world.netbox.resetCounters();
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    expect(world.netbox.requestLog.filter(({ method }) => method !== 'GET')).toEqual([]);
    for (const { vmid, ...values } of before) Object.assign(lab().guests.get(vmid) ?? {}, values);
  });
});
