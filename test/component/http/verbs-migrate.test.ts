/** Moving guests: what Proxmox says beforehand, the stream, and stopping it. `lab` is Proxmox 8.4, `edge` 9.1. */
import { describe, expect, it } from 'vitest';
import { setConfig } from '../../simulator/estate/index.js';
import { aVerbWorld, type VerbWorld } from './verb-world.js';
import { eventually } from '../../support/eventually.js';

const to = (target: string, online?: boolean) => ({ body: { target, ...(online === undefined ? {} : { online }) } });

/** Events of a stream, in order. */
const framesOf = (text: string) =>
  text
    .split('\n\n')
    .filter((frame) => frame.startsWith('event:'))
    .map((frame) => {
      const [event = '', data = ''] = frame.split('\n');
      return { event: event.slice(7), data: JSON.parse(data.slice(6)) };
    });
/** Reads the stream to its end; `seen` is told all that has come with every piece that comes. */
const follow = async (world: VerbWorld, url: string, seen: (text: string) => void = () => undefined) => {
  const response = await fetch(`${world.url}${url}`, { headers: { 'x-proxbox-api-key': world.apiKey } });
  let text = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) seen((text += piece));
  const { status, headers } = response;
  return { status, type: headers.get('content-type'), frames: status === 200 ? framesOf(text) : [] };
};

const hourMs = 3_600_000;

describe('a migration', () => {
  it('is accepted, can be followed by its URL, and moves the guest', async () => {
    let laterMs = 0;
    const world = await aVerbWorld({ taskDurationMs: hourMs, now: () => Date.now() + laterMs });

    const { status, body } = await world.verb('/proxmox/qemu/100/migrate', to('lab2', true));

    expect(status).toBe(202);
    expect(body).toMatchObject({
      verb: 'migrate',
      result: 'accepted',
      target: 'lab2',
      online: true,
      source_node: 'lab1',
    });
    const upid: string = body.proxmox_task_upid;
    expect(body.sse_url).toBe(`/proxmox/qemu/100/migrate/${encodeURIComponent(upid)}/stream?endpoint_id=1`);
    const sent = await follow(world, body.sse_url, (text) => {
      if (text.includes('event: migrate_progress')) laterMs = hourMs;
    });
    expect([sent.status, sent.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(sent.frames[0]).toEqual({
      event: 'migrate_dispatched',
      data: { verb: 'migrate', vm_type: 'qemu', vmid: 100, endpoint_id: 1, task_upid: upid, node: 'lab1' },
    });
    expect(sent.frames[1]).toEqual({
      event: 'migrate_progress',
      data: { task_upid: upid, progress: null, status: 'running' },
    });
    expect(sent.frames.at(-1)).toEqual({ event: 'migrate_succeeded', data: { task_upid: upid, exitstatus: 'OK' } });
    expect(world.lab.state.guests.get(100)?.node).toBe('lab2');
    // Bare colons and at signs, from the old node, although the guest is elsewhere now.
    const again = await follow(world, `/proxmox/qemu/100/migrate/${upid}/stream?endpoint_id=1`);
    expect(again.frames.map(({ event }) => event)).toEqual(['migrate_dispatched', 'migrate_succeeded']);
    expect(world.edge.counters.total).toBe(0);
  });

  it.each<[string, number, string, object]>([
    ['a running guest of Proxmox 9', 2, '/proxmox/qemu/100/migrate', to('edge2', true)],
    ['a stopped guest', 1, '/proxmox/qemu/101/migrate', to('lab2')],
    ['a running container, which restarts', 2, '/proxmox/lxc/200/migrate', to('edge2', true)],
    ['a stopped container of Proxmox 8, which has no preflight', 1, '/proxmox/lxc/201/migrate', to('lab2')],
  ])('takes %s', async (_name, endpoint, at, wish) => {
    const world = await aVerbWorld();

    const { status, body } = await world.verb(at, { endpoint, ...wish });

    expect([status, body.result]).toEqual([202, 'accepted']);
    expect(world.acts(endpoint === 1 ? world.lab : world.edge)).toHaveLength(1);
    expect(world.acts(endpoint === 1 ? world.edge : world.lab)).toEqual([]);
  });

  it('is refused with the reason that Proxmox gives beforehand', async () => {
    const world = await aVerbWorld();
    const refused: readonly (readonly [string, object, string, RegExp])[] = [
      ['/proxmox/qemu/100/migrate', to('lab1', true), 'target_not_allowed', /already/],
      ['/proxmox/qemu/100/migrate', to('lab3', true), 'target_not_allowed', /offline/],
      ['/proxmox/qemu/100/migrate', to('edge2', true), 'target_not_allowed', /no node 'edge2'/],
      ['/proxmox/qemu/100/migrate', to('lab2'), 'online_required', /"online": true/],
      ['/proxmox/qemu/102/migrate', to('lab2', true), 'local_disks_block_online_migrate', /local-lvm:vm-102-disk-0/],
      ['/proxmox/qemu/103/migrate', to('lab2', true), 'local_resources_block_online_migrate', /hostpci0/],
    ];

    for (const [at, wish, reason, detail] of refused) {
      const { status, body } = await world.verb(at, wish);
      expect([at, status, body.result, body.reason]).toEqual([at, 400, 'rejected', reason]);
      expect(body.detail).toMatch(detail);
      expect(body).toMatchObject({ preflight: expect.any(Object), target: expect.any(String) });
    }

    expect(world.acts(world.lab)).toEqual([]);
    expect(world.journal().map(({ kind }) => kind)).toEqual(refused.map(() => 'warning'));
  });

  it('is refused for a node that is not among those that a container of Proxmox 9 may go to', async () => {
    const world = await aVerbWorld();
    world.edge.faults.add({
      match: { method: 'GET', path: /lxc\/201\/migrate/ },
      action: {
        status: 200,
        body: {
          data: {
            running: 0,
            'allowed-nodes': [],
            'not-allowed-nodes': { edge2: { 'unavailable-storages': ['local'] } },
          },
        },
      },
    });

    const { status, body } = await world.verb('/proxmox/lxc/201/migrate', { endpoint: 2, ...to('edge2') });

    expect([status, body.reason]).toEqual([400, 'target_not_allowed']);
    expect(body.detail).toContain('unavailable-storages');
  });

  it('needs a target, and nobody is asked without', async () => {
    const world = await aVerbWorld();
    const empty = await world.send('POST', '/proxmox/qemu/100/migrate?endpoint_id=1');
    const blank = await world.verb('/proxmox/qemu/100/migrate', to(' '));
    const path = await world.verb('/proxmox/qemu/100/migrate', to('../etc'));

    expect(empty).toMatchObject({
      status: 400,
      body: { reason: 'target_required', detail: "Migrate verb requires a JSON body with a non-empty 'target' field." },
    });
    expect([blank.body.reason, path.status, path.body.reason]).toEqual(['target_required', 400, 'invalid_parameter']);
    expect(world.netbox.counters.total + world.lab.counters.total).toBe(0);
  });

  it('fails without having been sent when the preflight fails', async () => {
    const world = await aVerbWorld();
    world.lab.faults.add({
      match: { method: 'GET', path: /migrate/ },
      action: { status: 595, reason: 'No route to host' },
    });

    const { status, body } = await world.verb('/proxmox/qemu/100/migrate', to('lab2', true));

    expect([status, body.reason, body.result]).toEqual([502, 'proxmox_preflight_failed', 'failed']);
    expect(world.acts(world.lab)).toEqual([]);
  });

  it('can be stopped on the node that runs it, which the stream and the journal tell', async () => {
    const world = await aVerbWorld({ taskDurationMs: hourMs });
    const started = await world.verb('/proxmox/qemu/100/migrate', to('lab2', true));
    const upid: string = started.body.proxmox_task_upid;
    const at = `/proxmox/qemu/100/migrate/${encodeURIComponent(upid)}`;
    const watching = follow(world, started.body.sse_url);

    const { status, body } = await world.send('DELETE', `${at}?endpoint_id=1`, {
      headers: { 'x-proxbox-actor': 'bob' },
    });

    expect([status, body.verb, body.result, body.proxmox_task_upid]).toEqual([200, 'cancel', 'cancel_requested', upid]);
    expect(world.acts(world.lab).at(-1)).toBe(`DELETE /nodes/lab1/tasks/${upid}`);
    expect((await watching).frames.at(-1)).toEqual({
      event: 'migrate_failed',
      data: { task_upid: upid, exitstatus: 'interrupted by signal' },
    });
    expect(world.lab.state.guests.get(100)?.node).toBe('lab1');
    await eventually(() => expect(world.journal()[0]?.comments).toContain('interrupted by signal'));
    expect(world.journal().map(({ kind }) => kind)[0]).toBe('warning');
    expect(world.journal()[1]?.comments).toMatch(/- verb: cancel\n- actor: bob\n- result: cancel_requested/);

    const late = await world.send('DELETE', `${at}?endpoint_id=1`);
    expect([late.status, late.body.result, late.body.exitstatus]).toEqual([
      200,
      'already_ended',
      'interrupted by signal',
    ]);
    expect(world.acts(world.lab).filter((act) => act.startsWith('DELETE'))).toHaveLength(1);
  });

  it('is the only thing that can be stopped or followed, and only of its own guest', async () => {
    const world = await aVerbWorld({ taskDurationMs: hourMs });
    const { body } = await world.verb('/proxmox/qemu/101/start');
    const other = await world.verb('/proxmox/qemu/100/migrate', to('lab2', true));
    const bad = [body.proxmox_task_upid, other.body.proxmox_task_upid, 'UPID', '../x'].map(encodeURIComponent);

    for (const upid of bad) {
      for (const method of ['DELETE', 'GET']) {
        const at = `/proxmox/qemu/101/migrate/${upid}${method === 'GET' ? '/stream' : ''}?endpoint_id=1`;
        const answer = await world.send(method, at);
        expect([at, answer.status, answer.body.reason]).toEqual([at, 400, 'task_not_of_guest']);
      }
    }

    expect(world.acts(world.lab).filter((act) => act.startsWith('DELETE'))).toEqual([]);
  });

  it('cannot be stopped, but followed, while writing is switched off', async () => {
    const world = await aVerbWorld();
    const { body } = await world.verb('/proxmox/qemu/101/migrate', to('lab2'));
    const at = `/proxmox/qemu/101/migrate/${encodeURIComponent(body.proxmox_task_upid)}`;
    await world.send('PUT', '/proxmox/endpoints/1', { body: { allow_writes: false } });

    const refused = await world.send('DELETE', `${at}?endpoint_id=1`);
    const nowhere = await world.send('GET', `${at}/stream?endpoint_id=9`);
    const seen = await follow(world, `${at}/stream?endpoint_id=1`);

    expect([refused.status, refused.body.reason]).toEqual([403, 'endpoint_writes_disabled']);
    expect([nowhere.status, nowhere.body.reason]).toEqual([403, 'endpoint_not_found']);
    expect(seen.frames.at(-1)?.event).toBe('migrate_succeeded');
    expect(world.acts(world.lab).filter((act) => act.startsWith('DELETE'))).toEqual([]);
  });

  it('has an unknown end when its node cannot be asked three times', async () => {
    const world = await aVerbWorld();
    const { body } = await world.verb('/proxmox/qemu/101/migrate', to('lab2'));
    world.lab.faults.add({ match: { path: /tasks\/.*status/ }, action: { status: 595, reason: 'No route to host' } });

    const { frames } = await follow(world, body.sse_url);

    expect(frames.map(({ event }) => event)).toEqual(['migrate_dispatched', 'migrate_failed']);
    expect(frames[1]?.data).toEqual({
      task_upid: body.proxmox_task_upid,
      error_detail: expect.stringContaining('No route to host'),
    });
  });

  it('looks at images on shared storage alone as movable', async () => {
    const world = await aVerbWorld();
    setConfig(world.lab.state, 100, 'ide2', 'local-lvm:iso/debian.iso,media=cdrom');

    const { body } = await world.verb('/proxmox/qemu/100/migrate', to('lab2', true));

    expect(body.reason).toBe('local_disks_block_online_migrate');
  });
});
