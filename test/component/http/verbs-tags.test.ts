/** Changing the tags of guests in Proxmox: what is written, what is refused, and that nobody's tag is lost. */
import { describe, expect, it } from 'vitest';
import { setTags } from '../../simulator/estate/index.js';
import { aMoment, eventually } from '../../support/eventually.js';
import { aVerbWorld, type VerbWorld } from './verb-world.js';

const guests = [
  ['qemu', 100],
  ['lxc', 200],
] as const;

/** A change of the tags of a guest of `lab`. */
const ask = (
  world: VerbWorld,
  method: 'PUT' | 'PATCH',
  body: object,
  { at = 'qemu/100', headers = {} }: { readonly at?: string; readonly headers?: Readonly<Record<string, string>> } = {},
) => world.send(method, `/proxmox/${at}/tags?endpoint_id=1`, { body: { node: 'lab1', ...body }, headers });

const tagsOf = (world: VerbWorld, vmid = 100): string => world.lab.state.guests.get(vmid)!.tags;
const writes = (world: VerbWorld): readonly string[] => world.acts(world.lab);

describe.each(['8.4', '9.2'] as const)('on Proxmox VE %s the tags', (profile) => {
  it.each(guests)('of a %s guest are replaced, changed and taken away, each recorded', async (type, vmid) => {
    const world = await aVerbWorld({ profile });
    const at = `${type}/${vmid}`;

    const replaced = await ask(world, 'PUT', { tags: ['web', 'Prod', ' ', 'web'] }, { at });
    const patched = await ask(world, 'PATCH', { add: ['new.1'], remove: ['PROD', 'never'] }, { at });
    const same = await ask(world, 'PATCH', { add: ['WEB'] }, { at });
    const emptied = await ask(world, 'PUT', { tags: [] }, { at });

    expect(replaced.body).toMatchObject({
      ok: true,
      verb: 'replace_tags',
      vmid,
      vm_type: type,
      endpoint_id: 1,
      node: 'lab1',
      result: 'ok',
      tags_after: ['prod', 'web'],
    });
    expect([patched.status, patched.body.tags_after]).toEqual([200, ['new.1', 'web']]);
    expect([same.status, same.body.result, same.body.tags_after]).toEqual([200, 'unchanged', ['new.1', 'web']]);
    expect([emptied.status, emptied.body.tags_after]).toEqual([200, []]);
    expect(tagsOf(world, vmid)).toBe('');
    expect(writes(world)).toEqual(Array(3).fill(`PUT /nodes/lab1/${at}/config`));
    expect(world.journal().map(({ comments }) => /- note: (.*)/.exec(comments)?.[1])).toEqual([
      '`tags none -> prod;web`',
      '`tags prod;web -> new.1;web`',
      undefined,
      '`tags new.1;web -> none`',
    ]);
    expect(world.acts(world.edge)).toEqual([]);
  });
});

it('keeps case and order where the cluster does', async () => {
  const world = await aVerbWorld();
  world.lab.state.options['tag-style'] = 'case-sensitive=1,ordering=config';

  const put = await ask(world, 'PUT', { tags: ['Web', 'db', 'web'] });
  const again = await ask(world, 'PUT', { tags: ['db', 'Web', 'web'] });
  const gone = await ask(world, 'PATCH', { remove: ['web'] });

  expect([put, again, gone].map(({ body }) => body.tags_after)).toEqual([
    ['Web', 'db', 'web'],
    ['db', 'Web', 'web'],
    ['db', 'Web'],
  ]);
});

it('finds a guest that has moved from the node that the client names', async () => {
  const world = await aVerbWorld();
  world.lab.state.guests.get(100)!.node = 'lab2';

  const { status, body } = await ask(world, 'PATCH', { add: ['x'] });

  expect([status, body.node, body.tags_after]).toEqual([200, 'lab2', ['x']]);
});

describe('a tag that somebody else sets in between', () => {
  /** `change` happens when the service has read the configuration and not yet written it. */
  async function meanwhile(world: VerbWorld, at: string, change: () => void, body: object, method: 'PUT' | 'PATCH') {
    const moment = aMoment();
    world.lab.faults.add({ match: { method: 'PUT', path: /config/, times: 1 }, action: { until: moment.come } });
    const answer = ask(world, method, body, { at });
    await eventually(() => expect(writes(world)).toHaveLength(1));
    change();
    moment.now();
    return answer;
  }

  it.each(guests)('of a %s guest stays when tags are added and removed', async (type, vmid) => {
    const world = await aVerbWorld();
    setTags(world.lab.state, vmid, 'old');

    const { status, body } = await meanwhile(
      world,
      `${type}/${vmid}`,
      () => setTags(world.lab.state, vmid, 'old;theirs'),
      { add: ['ours'], remove: ['old'] },
      'PATCH',
    );

    expect([status, body.tags_after]).toEqual([200, ['ours', 'theirs']]);
    expect(writes(world)).toHaveLength(2);
  });

  it.each(guests)('of a %s guest is not replaced by a list that cannot know it', async (type, vmid) => {
    const world = await aVerbWorld();

    const { status, body } = await meanwhile(
      world,
      `${type}/${vmid}`,
      () => setTags(world.lab.state, vmid, 'theirs'),
      { tags: ['ours'] },
      'PUT',
    );

    expect([status, body.reason, body.result]).toEqual([409, 'guest_changed', 'failed']);
    expect(body.detail).toContain('Its tags are now: theirs.');
    expect(tagsOf(world, vmid)).toBe('theirs');
    expect(world.journal().map(({ kind }) => kind)).toEqual(['warning']);
  });

  it('is no reason to refuse a list when something else was changed', async () => {
    const world = await aVerbWorld();

    const { status, body } = await meanwhile(
      world,
      'qemu/100',
      () => void (world.lab.state.guests.get(100)!.description = 'theirs'),
      { tags: ['ours'] },
      'PUT',
    );

    expect([status, body.tags_after]).toEqual([200, ['ours']]);
  });

  it('ends with a refusal after three attempts', async () => {
    const world = await aVerbWorld();
    world.lab.faults.add({
      match: { method: 'PUT', path: /config/ },
      action: { status: 500, reason: 'checksum missmatch (file change by other user?)' },
    });

    const { status, body } = await ask(world, 'PATCH', { add: ['ours'] });

    expect([status, body.reason]).toEqual([409, 'guest_changed']);
    expect(writes(world)).toHaveLength(3);
  });
});

describe('refused are', () => {
  it('every change while the gate is shut, before the body is looked at', async () => {
    const world = await aVerbWorld();
    await world.send('PUT', '/proxmox/endpoints/1', { body: { allow_writes: false } });

    const { status, body } = await ask(world, 'PUT', { node: '', tags: 'web' });

    expect([status, body.reason]).toEqual([403, 'endpoint_writes_disabled']);
    expect(writes(world)).toEqual([]);
  });

  it.each([
    [{ node: '', tags: ['a'] }, 'PUT', ['body', 'node']],
    [{ node: undefined, tags: ['a'] }, 'PUT', ['body', 'node']],
    [{ tags: 'web' }, 'PUT', ['body', 'tags']],
    [{ tags: [1] }, 'PUT', ['body', 'tags', 0]],
    [{ add: { a: 1 } }, 'PATCH', ['body', 'add']],
  ] as const)('the body %j of %s with 422', async (body, method, loc) => {
    const world = await aVerbWorld();

    const answer = await ask(world, method, body);

    expect([answer.status, answer.body.detail[0].loc]).toEqual([422, loc]);
    expect(world.lab.counters.total + world.netbox.counters.total).toBe(0);
  });

  it('a tag that Proxmox does not take, before anybody is asked', async () => {
    const world = await aVerbWorld();

    const answers = [
      await ask(world, 'PUT', { tags: ['ok', 'not ok'] }),
      await ask(world, 'PATCH', { add: ['a;b'] }),
      await ask(world, 'PATCH', { add: ['a'], remove: ['a'] }),
    ];

    expect(answers.map(({ status, body }) => [status, body.reason])).toEqual([
      [400, 'invalid_tag'],
      [400, 'invalid_tag'],
      [400, 'invalid_parameter'],
    ]);
    expect(answers[0]!.body.detail).toContain('"not ok"');
    expect(world.lab.counters.total + world.netbox.counters.total).toBe(0);
  });

  it('a guest that is not there, and one that is locked, with the words of Proxmox', async () => {
    const world = await aVerbWorld();

    const none = await ask(world, 'PUT', { tags: ['a'] }, { at: 'lxc/100' });
    const locked = await ask(world, 'PUT', { tags: ['a'] }, { at: 'qemu/104' });

    expect([none.status, none.body.reason]).toEqual([404, 'vm_not_found_in_cluster']);
    expect([locked.status, locked.body.reason]).toEqual([502, 'proxmox_dispatch_failed']);
    expect(locked.body.detail).toContain('VM is locked (backup)');
  });

  it('tags that the account may not touch: 403 with the privilege, and which tags are meant', async () => {
    const reader = ['Sys.Audit', 'VM.Audit'];
    const users = [
      { userid: 'reader@pve', password: 'secret1', acl: [{ path: '/', privileges: reader }] },
      {
        userid: 'tagger@pve',
        password: 'secret2',
        acl: [{ path: '/', privileges: [...reader, 'VM.Config.Options'] }],
      },
    ];
    const world = await aVerbWorld({ users });
    const { options } = world.lab.state;
    Object.assign(options, { 'registered-tags': ['prod'], 'user-tag-access': 'user-allow=list,user-allow-list=mine' });
    setTags(world.lab.state, 100, 'prod');
    const as = async (username: string, password: string) => {
      const body = { username, password, token_name: null, token_value: null };
      const { status } = await world.send('PUT', '/proxmox/endpoints/1', { body });
      expect(status).toBe(200);
    };

    await as('reader@pve', 'secret1');
    const without = await ask(world, 'PATCH', { add: ['mine'] });
    await as('tagger@pve', 'secret2');
    const registered = await ask(world, 'PUT', { tags: ['mine'] });
    const unlisted = await ask(world, 'PATCH', { add: ['other'] });
    const allowed = await ask(world, 'PATCH', { add: ['mine'] });

    for (const [{ status, body }, text] of [
      [without, 'VM.Config.'],
      [registered, "Sys.Modify for modifying tag 'prod'"],
      [unlisted, "Sys.Modify for modifying tag 'other'"],
    ] as const) {
      expect([status, body.reason]).toEqual([403, 'proxmox_permission_denied']);
      expect(body.detail).toContain(text);
    }
    expect([allowed.status, allowed.body.tags_after]).toEqual([200, ['mine', 'prod']]);
    expect(world.journal().map(({ kind }) => kind)).toEqual(['warning', 'warning', 'warning', 'info']);
  });
});

it('acts once for one Idempotency-Key, and refuses it for another list', async () => {
  const world = await aVerbWorld();
  const headers = { 'idempotency-key': 'tags-1', 'x-proxbox-actor': 'alice' };

  const first = await ask(world, 'PATCH', { add: ['x'] }, { headers });
  setTags(world.lab.state, 100, '');
  const again = await ask(world, 'PATCH', { add: ['x'] }, { headers });
  const other = await ask(world, 'PATCH', { add: ['y'] }, { headers });

  expect(again.body).toEqual(first.body);
  expect([other.status, other.body.reason]).toEqual([422, 'idempotency_key_reused']);
  expect(writes(world)).toHaveLength(1);
  expect(world.journal()[0]!.comments).toContain('- actor: alice');
});

it('reports what was written as done when it cannot be read again', async () => {
  const world = await aVerbWorld();
  const moment = aMoment();
  world.lab.faults.add({ match: { method: 'PUT', path: /config/, times: 1 }, action: { until: moment.come } });

  const answer = ask(world, 'PUT', { tags: ['x'] });
  await eventually(() => expect(writes(world)).toHaveLength(1));
  world.lab.faults.add({ match: { method: 'GET', path: /config/ }, action: { status: 500, reason: 'no quorum' } });
  moment.now();
  const { status, body } = await answer;

  expect([status, body.result, body.tags_after]).toEqual([200, 'ok', ['x']]);
  expect(tagsOf(world)).toBe('x');
});
