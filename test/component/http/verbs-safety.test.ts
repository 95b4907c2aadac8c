/** What verbs refuse: without the switch, without a journal, without certainty which guest is meant. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/config/clock.js';
import { verbTable } from '../../../src/verbs/table.js';
import { aVerbWorld, type VerbWorld } from './verb-world.js';
import { aMoment, eventually, turns } from '../../support/eventually.js';

const outbound = (world: VerbWorld) => [
  world.netbox.counters.total,
  world.lab.counters.total,
  world.edge.counters.total,
];
const sidecarOf = (world: VerbWorld, name: string) => {
  const machine = world.netbox.state.find('virtualization/virtual-machines', (row) => row['name'] === name);
  return world.netbox.state.find(
    'plugins/proxbox/sync-state/virtual-machines',
    (row) => row['virtual_machine'] === machine?.['id'],
  )!;
};
const identity = 'netbox_vm_identity_required_for_audit';

describe('verbs', () => {
  it('send nothing anywhere while the gate is shut, whatever the body says', async () => {
    const world = await aVerbWorld();
    await world.send('PUT', '/proxmox/endpoints/1', { body: { allow_writes: false } });
    world.netbox.resetCounters();
    const before = outbound(world);

    const answers = [];
    for (const type of ['qemu', 'lxc'] as const)
      for (const { name } of verbTable(systemClock).filter(({ only = type }) => only === type)) {
        const at = `/proxmox/${type}/100/${name}`;
        answers.push(
          await world.verb(at, { body: { snapname: '!' }, headers: { 'idempotency-key': 'x'.repeat(300) } }),
          await world.verb(at, { endpoint: 7 }),
          await world.send('POST', at),
          await world.send('DELETE', `/proxmox/${type}/100/migrate/UPID:lab1:0:0:0:qmigrate:100:a@pve:?endpoint_id=1`),
        );
      }
    expect(answers).toHaveLength((10 + 8) * 4);

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    expect(answers.slice(0, 3).map(({ body }) => body.reason)).toEqual([
      'endpoint_writes_disabled',
      'endpoint_not_found',
      'endpoint_id_required',
    ]);
    // A refused verb makes the switch on the plugin's page be read: this and no more.
    expect(world.netbox.requestLog.map(({ method, target }) => `${method} ${target.split('?')[0]}`)).toSatisfy(
      (requests: readonly string[]) =>
        requests.every((request) => request === 'GET /api/plugins/proxbox/endpoints/proxmox/'),
    );
    expect(outbound(world).slice(1)).toEqual(before.slice(1));
  });

  it('are not carried out when the journal cannot be written', async () => {
    const world = await aVerbWorld();
    world.netbox.faults.add({
      match: { method: 'POST', path: /journal-entries/ },
      action: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });

    const { status, body } = await world.verb('/proxmox/qemu/101/start');

    expect([status, body.reason, body.verb, body.vmid, body.endpoint_id]).toEqual([409, identity, 'start', 101, 1]);
    expect(body.detail).toMatch(
      /^Refusing to dispatch operational verb because the write-ahead NetBox VM audit journal entry could not be created\. .*permission/,
    );
    expect(world.acts(world.lab)).toEqual([]);
  });

  it('are not carried out when NetBox is away', async () => {
    const world = await aVerbWorld();
    world.netbox.faults.add({ match: {}, action: 'reset-before' });

    const { status, body } = await world.verb('/proxmox/qemu/101/start');

    expect([status, body.reason]).toEqual([502, 'netbox_session_unavailable']);
    expect(world.acts(world.lab)).toEqual([]);
  });

  it('are not carried out when Proxmox is away or does not list the guest', async () => {
    const world = await aVerbWorld();
    const none = await world.verb('/proxmox/qemu/999/start');
    const other = await world.verb('/proxmox/lxc/100/start');
    world.lab.faults.add({
      match: { path: /cluster\/resources/, times: 1 },
      action: { status: 500, reason: 'broken' },
    });
    const unlisted = await world.verb('/proxmox/qemu/101/start');
    await world.lab.close();
    // Without the open session.
    await world.send('PUT', '/proxmox/endpoints/1', { body: { timeout: 6 } });
    const away = await world.verb('/proxmox/qemu/101/start');

    expect([none.status, none.body.reason, none.body.vmid]).toEqual([404, 'vm_not_found_in_cluster', 999]);
    expect([other.status, other.body.detail]).toEqual([404, expect.stringContaining('of type qemu')]);
    expect([unlisted.status, unlisted.body.reason]).toEqual([502, 'proxmox_cluster_resources_unreachable']);
    expect([away.status, away.body.reason]).toEqual([502, 'proxmox_session_unreachable']);
    expect(world.journal()).toEqual([]);
    expect(world.acts(world.edge)).toEqual([]);
  });

  describe('are refused when it is not certain which machine in NetBox the guest is:', () => {
    const paths = { states: 'plugins/proxbox/sync-state/virtual-machines' };

    it.each<[string, (world: VerbWorld) => void]>([
      ['there is none', (world) => world.netbox.operator.remove(paths.states, sidecarOf(world, 'lab-db').id)],
      [
        'it belongs to another endpoint',
        (world) =>
          world.netbox.operator.update(paths.states, sidecarOf(world, 'lab-db').id, {
            proxmox_endpoint_raw_id: 2,
          }),
      ],
      [
        'two claim it',
        (world) => world.netbox.operator.update(paths.states, sidecarOf(world, 'lab-web').id, { proxmox_vm_id: 101 }),
      ],
      [
        'the endpoint leads to another cluster than it did',
        (world) =>
          world.netbox.operator.update(paths.states, sidecarOf(world, 'lab-db').id, {
            proxmox_cluster_name: 'old-lab',
          }),
      ],
      [
        'the number was that of a container',
        (world) =>
          world.netbox.operator.update(paths.states, sidecarOf(world, 'lab-db').id, {
            proxmox_vm_type: 'lxc',
          }),
      ],
    ])('%s', async (_name, change) => {
      const world = await aVerbWorld();
      change(world);

      const { status, body } = await world.verb('/proxmox/qemu/101/start');

      expect([status, body.reason, body.vmid]).toEqual([409, identity, 101]);
      expect(world.acts(world.lab)).toEqual([]);
      expect(world.journal()).toEqual([]);
    });
  });

  it('know the guest through another endpoint of the same cluster', async () => {
    const world = await aVerbWorld();
    const { lab } = world;
    const account = { username: lab.username, password: lab.password, port: lab.port, verify_ssl: false };
    await world.send('POST', '/proxmox/endpoints', {
      body: { name: 'second way (nb:3)', ip_address: '127.0.0.1', allow_writes: true, ...account },
    });

    const { status, body } = await world.verb('/proxmox/qemu/101/start', { endpoint: 3 });

    expect([status, body.result, body.backend_endpoint_id]).toEqual([200, 'ok', 3]);
    expect(world.journal().map(({ machine }) => machine)).toEqual(['lab-db']);
  });

  it('refuse a number that two enabled rows carry', async () => {
    const world = await aVerbWorld();
    await world.send('POST', '/proxmox/endpoints', {
      body: {
        name: 'renamed (nb:1)',
        ip_address: '10.0.0.1',
        username: 'root@pam',
        password: 'secret',
        allow_writes: true,
      },
    });

    const { status, body } = await world.verb('/proxmox/qemu/101/start');
    await world.send('PUT', '/proxmox/endpoints/3', { body: { enabled: false } });
    const after = await world.verb('/proxmox/qemu/101/start');

    expect([status, body.reason]).toEqual([403, 'endpoint_ambiguous']);
    expect(after.status).toBe(200);
  });
});

describe('a verb that was begun', () => {
  /** Sends a start and leaves while Proxmox takes its time, which is over when the test says so. */
  async function leftAlone(world: VerbWorld) {
    const answered = aMoment();
    world.lab.faults.add({ match: { method: 'POST', path: /status\/start/ }, action: { until: answered.come } });
    const leaving = new AbortController();
    const answer = fetch(`${world.url}/proxmox/qemu/101/start?endpoint_id=1`, {
      method: 'POST',
      headers: { 'x-proxbox-api-key': world.apiKey },
      signal: leaving.signal,
    });
    answer.catch(() => undefined);
    await eventually(() => expect(world.acts(world.lab)).toHaveLength(1));
    leaving.abort();
    await turns();
    return answered;
  }

  it('is ended and recorded although its client has gone', async () => {
    const world = await aVerbWorld({ taskDurationMs: 3_600_000 });

    const answered = await leftAlone(world);
    answered.now();

    await eventually(() => expect(world.journal()[0]?.comments).toContain('- result: ok'));
  });

  it('is recorded before the service stops', async () => {
    const world = await aVerbWorld({ taskDurationMs: 3_600_000 });

    const answered = await leftAlone(world);
    const restarted = world.restart();
    answered.now();
    await restarted;

    expect(world.journal().map(({ comments }) => /- result: (\w+)/.exec(comments)?.[1])).toEqual(['ok']);
    expect(world.acts(world.lab)).toHaveLength(1);
  });
});

describe('an Idempotency-Key', () => {
  const headers = { 'idempotency-key': '3f2c9a1e-0000-4000-8000-000000000000' };

  it('gets the same answer again, one request at a time, and acts once', async () => {
    const world = await aVerbWorld();

    const answers = await Promise.all([1, 2, 3].map(() => world.verb('/proxmox/qemu/101/start', { headers })));
    const again = await world.verb('/proxmox/qemu/101/start', { headers });
    const elsewhere = await world.verb('/proxmox/qemu/101/start', { headers, endpoint: 2 });

    for (const { body } of answers) expect(body).toEqual(again.body);
    expect(world.acts(world.lab)).toHaveLength(1);
    expect(world.acts(world.edge)).toHaveLength(1);
    expect(elsewhere.body.endpoint_id).toBe(2);
    expect(world.journal()).toHaveLength(2);
    expect(world.journal()[0]?.comments).toContain(`- idempotency_key: ${headers['idempotency-key']}`);
  });

  it('does not hold on to failures before anything was sent, but to refusals of Proxmox', async () => {
    const world = await aVerbWorld();
    world.lab.faults.add({
      match: { path: /status\/current/, times: 1 },
      action: { status: 500, reason: 'no quorum' },
    });

    const blind = await world.verb('/proxmox/qemu/101/start', { headers });
    const second = await world.verb('/proxmox/qemu/101/start', { headers });
    const locked = [
      await world.verb('/proxmox/qemu/104/stop', { headers }),
      await world.verb('/proxmox/qemu/104/stop', { headers }),
    ];

    expect([blind.status, second.status]).toEqual([502, 200]);
    expect(locked.map(({ status }) => status)).toEqual([502, 502]);
    expect(world.acts(world.lab).filter((act) => act.includes('/104/'))).toHaveLength(1);
  });

  it('completes the journal entry alone when that had failed', async () => {
    const world = await aVerbWorld();
    world.netbox.faults.add({
      match: { method: 'PATCH', path: /journal-entries/, times: 1 },
      action: { status: 400, body: {} },
    });

    const first = await world.verb('/proxmox/qemu/101/start', { headers });
    const second = await world.verb('/proxmox/qemu/101/start', { headers });

    expect([first.status, first.body.reason]).toEqual([502, 'netbox_journal_finalization_failed']);
    expect(first.body).toMatchObject({
      result: 'ok',
      journal_finalized: false,
      finalization_error: expect.any(String),
    });
    expect(second.status).toBe(200);
    expect(second.body).not.toHaveProperty('journal_finalized');
    expect(second.body).not.toHaveProperty('reason');
    expect(world.acts(world.lab)).toHaveLength(1);
    expect(world.journal().map(({ comments }) => comments.includes('- result: ok'))).toEqual([true]);
  });

  it('belongs to one body', async () => {
    const world = await aVerbWorld();

    const first = await world.verb('/proxmox/qemu/100/snapshot', { headers, body: { snapname: 'one' } });
    const second = await world.verb('/proxmox/qemu/100/snapshot', { headers, body: { snapname: 'two' } });

    expect(first.status).toBe(200);
    expect([second.status, second.body.reason]).toEqual([422, 'idempotency_key_reused']);
    expect(world.acts(world.lab)).toHaveLength(1);
  });

  it('has at most 255 characters', async () => {
    const world = await aVerbWorld();

    const { status, body } = await world.verb('/proxmox/qemu/101/start', {
      headers: { 'idempotency-key': 'x'.repeat(256) },
    });

    expect([status, body.reason]).toEqual([400, 'invalid_idempotency_key']);
  });
});

describe('a snapshot', () => {
  it('has the name of the request, else one made of the key or the time', async () => {
    const world = await aVerbWorld();

    const named = await world.verb('/proxmox/qemu/100/snapshot', {
      body: { snapname: 'before-upgrade', description: 'a & b' },
    });
    const ofKey = await world.verb('/proxmox/lxc/200/snapshot', { headers: { 'idempotency-key': 'a/b c-1234567890' } });
    const ofTime = await world.verb('/proxmox/qemu/101/snapshot');

    expect([named.status, named.body.result, named.body.snapname]).toEqual([200, 'ok', 'before-upgrade']);
    expect(ofKey.body.snapname).toBe('proxbox-abc-1234');
    expect(ofTime.body.snapname).toMatch(/^proxbox-\d{8}T\d{6}Z$/);
    await eventually(async () => {
      await world.send('GET', '/proxmox/nodes');
      expect(world.lab.state.guests.get(100)?.snapshots).toMatchObject([
        { name: 'before-upgrade', description: 'a & b' },
      ]);
    });
  });

  it.each([['1st'], ['x'], ['a b'], ['x'.repeat(41)], ['current'], [7]])(
    'is refused with the name %j',
    async (snapname) => {
      const world = await aVerbWorld();

      const { status, body } = await world.verb('/proxmox/qemu/100/snapshot', { body: { snapname } });

      expect([status, body.reason]).toEqual([
        400,
        typeof snapname === 'number' ? 'invalid_parameter' : 'invalid_snapname',
      ]);
      expect(world.netbox.counters.total + world.lab.counters.total).toBe(0);
    },
  );
});
