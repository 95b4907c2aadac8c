/** The switches for writing are looked at again as the last thing before a write is sent. */
import { describe, expect, it } from 'vitest';
import { aMoment, eventually } from '../../support/eventually.js';
import { aVerbWorld, switchInPlugin, type VerbWorld } from './verb-world.js';

const actor = '[click](http://evil.example) **bold** _x_';
const pluginEndpoints = '/api/plugins/proxbox/endpoints/proxmox/';

type Write = readonly [name: string, send: (world: VerbWorld) => ReturnType<VerbWorld['send']>];
const verb: Write = ['a verb', (world) => world.verb('/proxmox/qemu/100/stop')];
const api2: Write = [
  'a write below /proxmox/api2 on a guest',
  (world) => world.send('POST', '/proxmox/api2/nodes/lab1/qemu/100/status/stop?proxmox_endpoint_ids=1', { body: {} }),
];
const api2Elsewhere: Write = [
  'any other write below /proxmox/api2',
  (world) =>
    world.send('POST', '/proxmox/api2/nodes/lab1/vzdump?proxmox_endpoint_ids=1', {
      body: { vmid: '100', storage: 'ceph' },
    }),
];
const switchReads = ({ netbox }: VerbWorld): number =>
  netbox.requestLog.filter(({ target }) => target.startsWith(pluginEndpoints)).length;

describe.each([verb, api2, api2Elsewhere])('%s', (_name, send) => {
  it("is sent after the switch on the plugin's page was read afresh, with one request", async () => {
    const world = await aVerbWorld();

    const { status } = await send(world);

    expect([status < 300, switchReads(world)]).toEqual([true, 1]);
    expect(world.acts(world.lab)).toHaveLength(1);
  });

  it("is not sent when it is off on the plugin's page, whatever our row says", async () => {
    const world = await aVerbWorld();
    switchInPlugin(world, false);

    const { status, body } = await send(world);

    expect([status, body.reason]).toEqual([403, 'endpoint_writes_disabled']);
    expect(body.detail).toContain("on the plugin's page");
    expect(world.acts(world.lab)).toEqual([]);
  });

  it('is not sent when the switch cannot be read', async () => {
    const world = await aVerbWorld();
    world.netbox.faults.add({ match: { path: /endpoints\/proxmox/ }, action: { status: 403, body: { detail: 'no' } } });

    const { status, body } = await send(world);

    expect([status, body.reason]).toEqual([502, 'netbox_session_unavailable']);
    expect(world.acts(world.lab)).toEqual([]);
  });

  it('asks nobody anything while our row says off', async () => {
    const world = await aVerbWorld();
    await world.send('PUT', '/proxmox/endpoints/1', { body: { allow_writes: false } });
    world.lab.resetCounters();

    expect((await send(world)).status).toBe(403);
    expect([world.lab.counters.total, world.acts(world.lab)]).toEqual([0, []]);
  });
});

describe.each([verb, api2])('%s', (_name, send) => {
  it('is not sent when our row was switched off while it waited for the journal, and the journal says so', async () => {
    const world = await aVerbWorld();
    const written = aMoment();
    world.netbox.faults.add({ match: { method: 'POST', path: /journal-entries/ }, action: { until: written.come } });

    const answer = send(world);
    await eventually(() =>
      expect(
        world.netbox.requestLog.some(({ method, target }) => method === 'POST' && target.includes('journal')),
      ).toBe(true),
    );
    await world.send('PUT', '/proxmox/endpoints/1', { body: { allow_writes: false } });
    written.now();
    const { status, body } = await answer;

    expect([status, body.reason]).toEqual([403, 'endpoint_writes_disabled']);
    expect(world.acts(world.lab)).toEqual([]);
    expect(world.journal()).toMatchObject([{ kind: 'warning' }]);
    expect(world.journal()[0]!.comments).toMatch(/- result: (rejected|failed)\n/);
  });

  it('is not sent when the journal entry cannot be written', async () => {
    const world = await aVerbWorld();
    world.netbox.faults.add({ match: { method: 'POST', path: /journal-entries/ }, action: { status: 403, body: {} } });

    const { status, body } = await send(world);

    expect([status, body.reason]).toEqual([409, 'netbox_vm_identity_required_for_audit']);
    expect(world.acts(world.lab)).toEqual([]);
  });
});

describe('the journal', () => {
  it.each([
    [actor, '`[click](http://evil.example) **bold** _x_`'],
    ['alice@example.com (NetBox, svc_sync)', 'alice@example.com (NetBox, svc_sync)'],
    ['`code` # head', "`'code' # head`"],
  ])('shows an actor and a key that say %s as text and not as Markdown', async (text, shown) => {
    const world = await aVerbWorld();

    await world.verb('/proxmox/qemu/100/stop', { headers: { 'x-proxbox-actor': text, 'idempotency-key': text } });

    expect(world.journal()[0]!.comments).toContain(`- actor: ${shown}\n`);
    expect(world.journal()[0]!.comments).toContain(`- idempotency_key: ${shown}\n`);
  });
});

describe('a write below /proxmox/api2', () => {
  it('that names an address which two endpoints have is sent to neither', async () => {
    const world = await aVerbWorld();

    const { status, body } = await world.send(
      'POST',
      '/proxmox/api2/nodes/lab1/qemu/100/status/stop?target_ip_address=127.0.0.1',
      { body: {} },
    );

    expect([status, body.message]).toEqual([400, expect.stringContaining('Multiple Proxmox endpoints')]);
    expect([...world.acts(world.lab), ...world.acts(world.edge)]).toEqual([]);
  });
});
