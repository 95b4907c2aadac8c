/** What the plugin's Push buttons do to Proxmox's firewall. */
import { describe, expect, it } from 'vitest';
import { firewallAt } from '../../simulator/estate/index.js';
import { aFirewallLab, type FirewallLab } from './firewall-lab.js';

const https = { type: 'in', action: 'ACCEPT', enable: true, proto: 'tcp', dport: '443', comment: 'https' };
const at = (lab: FirewallLab, place = 'cluster') => firewallAt(lab.simulators[0]!.state, place);
const lists = (lab: FirewallLab, place?: string) => {
  const { rules, groups, ipsets, aliases, options } = at(lab, place);
  return structuredClone({ rules, groups, ipsets, aliases, options });
};

async function aWritableLab(options: Parameters<typeof aFirewallLab>[0] = {}): Promise<FirewallLab> {
  const lab = await aFirewallLab(options);
  await lab.allowWrites(1);
  return lab;
}

/** The digest of the datacenter's rules as the last job of the plugin stored it. */
async function storedDigest(lab: FirewallLab): Promise<string> {
  const { body } = await lab.read('/proxmox/firewall/datacenter/rules?proxmox_endpoint_ids=1');
  return body[0].digest;
}

const pushes = [
  ['POST', '/datacenter/rules', { pos: 2, ...https }],
  ['POST', '/datacenter/groups', { group: 'db', comment: 'databases' }],
  ['POST', '/datacenter/groups/web/rules', { pos: 1, ...https, dport: '80' }],
  ['POST', '/datacenter/ipsets', { name: 'hosts', comment: 'all hosts' }],
  ['POST', '/datacenter/ipsets/mgmt/entries', { cidr: '192.0.2.0/24', comment: 'lab', nomatch: false }],
  ['POST', '/datacenter/aliases', { name: 'gw', cidr: '192.0.2.1/32', comment: 'gateway' }],
  ['PUT', '/datacenter/options', { enable: true, policy_in: 'ACCEPT', options: { log_ratelimit: 'enable=1' } }],
  ['POST', '/nodes/pve1/rules', { pos: 0, ...https }],
  ['PUT', '/nodes/pve1/options', { enable: false, options: { nosmurfs: 1 } }],
] as const;

describe('a push', () => {
  it.each(['8.4', '9.1', '9.2'] as const)('arrives on %s, and once more it changes nothing', async (profile) => {
    const lab = await aWritableLab({ profile });

    for (const [method, url, body] of pushes) {
      const answer = await lab.push(method, url, body);
      expect([url, answer.status, answer.body.status, answer.body.detail]).toEqual([url, 200, 'pushed', null]);
    }
    const { rules, groups, ipsets, aliases, options } = lists(lab);
    const sent = lab.sent();

    expect(rules.map(({ dport }) => dport)).toEqual(['22', undefined, '443']);
    expect(rules[2]).toEqual({ ...https, enable: 1 });
    expect(groups).toMatchObject([
      { group: 'web', rules: [{ dport: '443' }, { dport: '80' }] },
      { group: 'db', comment: 'databases' },
    ]);
    expect(ipsets.map(({ name, comment }) => [name, comment])).toEqual([
      ['mgmt', 'hosts'],
      ['hosts', 'all hosts'],
    ]);
    expect(ipsets[0]!.entries.at(-1)).toEqual({ cidr: '192.0.2.0/24', comment: 'lab' });
    expect(aliases.at(-1)).toEqual({ name: 'gw', cidr: '192.0.2.1', comment: 'gateway' });
    expect(options).toEqual({ enable: 1, policy_in: 'ACCEPT', ebtables: 1, log_ratelimit: 'enable=1' });
    expect(at(lab, 'nodes/pve1')).toMatchObject({ rules: [{ dport: '443' }], options: { nosmurfs: 1 } });

    const before = lists(lab);
    for (const [method, url, body] of pushes) {
      const answer = await lab.push(method, url, body);
      expect([url, answer.status, answer.body.status]).toEqual([url, 200, 'pushed']);
      expect(answer.body.detail).toBe('It is so already; nothing was sent.');
    }
    expect(lists(lab)).toEqual(before);
    expect(lab.sent()).toEqual(sent);
  });

  it('answers what the plugin reads, and leaves a line of the log with who asked for it', async () => {
    const lab = await aWritableLab();

    const { body } = await lab.push('POST', '/datacenter/aliases', { name: 'gw', cidr: '192.0.2.1' });

    expect(body).toEqual({
      status: 'pushed',
      endpoint_id: 1,
      cluster_name: 'lab',
      actor: 'alice',
      path: 'cluster/firewall/aliases',
      reason: null,
      detail: null,
      proxmox_task_id: null,
      response: null,
    });
    const lines = lab.logLines.filter((line) => line.includes('firewall_write'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ actor: 'alice', endpointId: 1, outcome: 'pushed', path: body.path });
  });

  it('changes an alias, a group, a set and a member that are there already', async () => {
    const lab = await aWritableLab();

    await lab.push('POST', '/datacenter/aliases', { name: 'LAN', cidr: '10.0.0.0/9' });
    await lab.push('POST', '/datacenter/groups', { group: 'web' });
    await lab.push('POST', '/datacenter/ipsets', { name: 'mgmt', comment: 'new' });
    await lab.push('PUT', '/datacenter/ipsets/mgmt/entries/10.0.0.0%2F8', { cidr: '10.0.0.0/8', comment: 'all' });
    await lab.push('PUT', '/datacenter/ipsets/mgmt/entries/10.9.9.9/32', { cidr: '10.9.9.9', nomatch: false });

    const { aliases, groups, ipsets } = lists(lab);
    expect(aliases).toEqual([{ name: 'lan', cidr: '10.0.0.0/9' }]);
    expect(groups).toMatchObject([{ group: 'web', comment: '', rules: [{ comment: 'https' }] }]);
    expect(ipsets).toEqual([
      { name: 'mgmt', comment: 'new', entries: [{ cidr: '10.0.0.0/8', comment: 'all' }, { cidr: '10.9.9.9' }] },
    ]);
  });
});

describe('while writing is switched off', () => {
  it('nothing is asked of Proxmox, whatever is pushed', async () => {
    const lab = await aFirewallLab();

    for (const [method, url, body] of pushes) {
      const answer = await lab.push(method, url, body);
      expect([url, answer.status, answer.body]).toEqual([
        url,
        403,
        {
          reason: 'writes_disabled_for_endpoint',
          detail:
            'Firewall writes are disabled on this endpoint. Enable ProxmoxEndpoint.allow_writes before pushing firewall changes.',
          endpoint_id: 1,
        },
      ]);
    }
    expect(lab.simulators.map(({ counters }) => counters.total)).toEqual([0, 0]);
  });

  it('a body that is wrong is not looked at; with it on the actor comes before the body', async () => {
    const lab = await aFirewallLab();
    const { app, headers } = lab;
    const post = async (payload: object, more: Record<string, string> = {}) => {
      const url = '/proxmox/firewall/datacenter/groups?endpoint_id=1';
      const answer = await app.inject({ method: 'POST', url, headers: { ...headers, ...more }, payload });
      return [answer.statusCode, answer.json()];
    };

    expect((await post({ nonsense: 1 }))[0]).toBe(403);
    await lab.allowWrites(1);
    expect(await post({ nonsense: 1 })).toEqual([
      422,
      { detail: { reason: 'actor_required', detail: 'Firewall writes require X-Proxbox-Actor.' } },
    ]);
    const alice = { 'x-proxbox-actor': 'alice' };
    expect((await post({ nonsense: 1 }, alice))[0]).toBe(422);
    expect(await post({}, alice)).toEqual([
      422,
      { detail: { reason: 'firewall_group_name_required', detail: 'group or name is required' } },
    ]);
    expect(lab.simulators.map(({ counters }) => counters.total)).toEqual([0, 0]);
  });
});

describe('a rule', () => {
  const positions = (lab: FirewallLab) => lists(lab).rules.map(({ comment, dport }) => comment ?? dport ?? 'ping');

  it.each([
    [0, ['https', 'ssh', 'ping']],
    [1, ['ssh', 'https', 'ping']],
    [2, ['ssh', 'ping', 'https']],
    [99, ['ssh', 'ping', 'https']],
  ])('that is made for position %i stands there, or last', async (pos, order) => {
    const lab = await aWritableLab();

    await lab.push('POST', '/datacenter/rules', { pos, ...https });

    expect(positions(lab)).toEqual(order);
  });

  it('that was made by a push and is edited before the next job is changed, not made again', async () => {
    const lab = await aWritableLab();
    const push = (more: object) => lab.push('POST', '/datacenter/rules', { pos: 9, ...https, ...more });
    await push({});

    await push({ dport: '8443' });
    await push({ dport: '9443', comment: undefined });

    expect(positions(lab)).toEqual(['ssh', 'ping', '9443']);
    // Somebody else's rule in its place is left alone.
    at(lab).rules[2] = { type: 'out', action: 'DROP', enable: 1, comment: 'other' };
    await push({ dport: '80' });
    expect(positions(lab)).toEqual(['ssh', 'ping', 'other', 'https']);
  });

  it('that cannot be put in its place is taken back, and the answer says so', async () => {
    const lab = await aWritableLab();
    lab.simulators[0]!.faults.add({
      match: { method: 'PUT', path: /rules\/0$/ },
      action: { status: 500, reason: 'cfs lock timeout' },
    });

    const { status, body } = await lab.push('POST', '/datacenter/rules', { pos: 2, ...https });

    expect([status, body.detail.reason]).toEqual([502, 'proxmox_firewall_write_failed']);
    expect(body.detail.detail).toMatch(/taken back.*cfs lock timeout/);
    expect(positions(lab)).toEqual(['ssh', 'ping']);
  });

  it('loses the field that was cleared in NetBox', async () => {
    const lab = await aWritableLab();
    Object.assign(at(lab).rules[0]!, { source: '10.0.0.0/8', log: 'info' });
    const digest = await storedDigest(lab);

    const rule = { pos: 0, type: 'in', action: 'ACCEPT', enable: false, proto: 'tcp', dport: '22', digest };
    const { status } = await lab.push('PUT', '/datacenter/rules/0', rule);

    expect([status, lists(lab).rules[0]]).toEqual([
      200,
      { type: 'in', action: 'ACCEPT', enable: 0, proto: 'tcp', dport: '22' },
    ]);
  });

  it('keeps the ports that the plugin could not store', async () => {
    const lab = await aWritableLab();
    const ports = Array.from({ length: 15 }, (_, n) => `${20_000 + n * 100}:${20_000 + n * 100 + 50}`).join(',');
    Object.assign(at(lab).rules[0]!, { dport: ports });
    const { body } = await lab.read('/proxmox/firewall/datacenter/rules?proxmox_endpoint_ids=1');
    const { dport, digest } = body[0];
    expect([dport.length, ports.startsWith(dport)]).toEqual([128, true]);

    const rule = { pos: 0, type: 'in', action: 'DROP', enable: true, proto: 'tcp', dport, comment: 'ssh', digest };
    await lab.push('PUT', '/datacenter/rules/0', rule);

    expect(lists(lab).rules[0]).toMatchObject({ action: 'DROP', dport: ports });
  });

  it('is pushed together with others of its list that carry the same digest', async () => {
    const lab = await aWritableLab();
    const digest = await storedDigest(lab);

    for (const [pos, proto] of [
      [0, 'udp'],
      [1, 'tcp'],
      [0, 'sctp'],
    ] as const) {
      const rule = { pos, type: 'in', action: 'DROP', enable: true, proto, digest };
      const answer = await lab.push('PUT', `/datacenter/rules/${pos}`, rule);
      expect([pos, proto, answer.status]).toEqual([pos, proto, 200]);
    }
    expect(lists(lab).rules.map(({ proto }) => proto)).toEqual(['sctp', 'tcp']);
  });

  it('is pushed together with a new one that comes last', async () => {
    const lab = await aWritableLab();
    const digest = await storedDigest(lab);

    const made = await lab.push('POST', '/datacenter/rules', { pos: 2, ...https });
    const changed = await lab.push('PUT', '/datacenter/rules/0', { pos: 0, ...https, dport: '2222', digest });

    expect([made.status, changed.status]).toEqual([200, 200]);
    expect(lists(lab).rules.map(({ dport }) => dport)).toEqual(['2222', undefined, '443']);
  });

  it('is refused when somebody else has changed the list since it was read', async () => {
    const lab = await aWritableLab();
    const digest = await storedDigest(lab);
    at(lab).rules.unshift({ type: 'out', action: 'DROP', enable: 1 });
    const before = lists(lab);

    const { status, body } = await lab.push('PUT', '/datacenter/rules/0', { pos: 0, ...https, digest });

    expect([status, body.reason, lists(lab), lab.sent()]).toEqual([409, 'firewall_changed', before, []]);
  });

  it.each([
    ['/datacenter/rules', { ...https, type: 'forward', action: 'REJECT' }, /^action: .*DROP/],
    ['/datacenter/rules', { type: 'in', action: 'ACCEPT', dport: '22' }, /^proto: /],
    ['/datacenter/groups/web/rules', { type: 'group', action: 'web' }, /^type: a rule of a security group/],
    ['/vms/100/rules?node=pve1', { ...https, iface: 'eth0' }, /^iface: .*net0/],
    ['/vms/100/rules?node=pve1', { ...https, type: 'forward' }, /^type: a rule of a guest/],
    ['/datacenter/rules', { type: 'in', action: 'A'.repeat(21) }, /^action: at most 20/],
    ['/datacenter/rules', { type: 'group', action: 'nosuch' }, /action: security group 'nosuch' does not exist/],
  ])('on %s that Proxmox would not take is 400: %j', async (url, rule, text) => {
    const lab = await aWritableLab();
    const [guest] = [...lab.simulators[0]!.state.guests.values()].filter(({ type }) => type === 'qemu');

    const answer = await lab.push('POST', url.replace('100', String(guest!.vmid)), rule);

    expect([answer.status, answer.body.reason]).toEqual([400, 'invalid_firewall_value']);
    expect(answer.body.detail.replace(/^Proxmox refused it\. /, '')).toMatch(text);
  });
});

describe('a removal', () => {
  it('takes away what is there, and says when nothing was', async () => {
    const lab = await aWritableLab();

    for (const url of [
      '/rules/1',
      '/aliases/lan',
      '/ipsets/mgmt/entries/10.0.0.0/8',
      '/groups/web/rules/0',
      '/groups/web',
    ]) {
      const [first, second] = [
        await lab.push('DELETE', `/datacenter${url}`),
        await lab.push('DELETE', `/datacenter${url}`),
      ];
      expect([url, first.status, first.body.status]).toEqual([url, 200, 'deleted']);
      expect([url, second.status]).toEqual([url, 404]);
      expect(second.body.reason).toBe('firewall_object_not_found');
    }
    expect(lists(lab)).toMatchObject({ rules: [{ dport: '22' }], aliases: [], groups: [] });
  });

  it('of a group with rules and of a set with members is refused, of the set unless it is forced', async () => {
    const lab = await aWritableLab();

    const group = await lab.push('DELETE', '/datacenter/groups/web');
    const set = await lab.push('DELETE', '/datacenter/ipsets/mgmt');
    const forced = await lab.push('DELETE', '/datacenter/ipsets/mgmt?force=1');

    expect([group.status, group.body.reason]).toEqual([409, 'firewall_not_empty']);
    expect([set.status, set.body.reason]).toEqual([409, 'firewall_not_empty']);
    expect([forced.status, lists(lab).ipsets]).toEqual([200, []]);
  });
});

describe('a write that Proxmox does not carry out', () => {
  it('names the privilege that is missing', async () => {
    const lab = await aWritableLab({ acl: 'read-only' });

    const { status, body } = await lab.push('POST', '/datacenter/groups', { group: 'db' });

    expect([status, body.reason]).toEqual([403, 'proxmox_permission_denied']);
    expect(body.detail).toContain('Sys.Modify on /');
  });

  it.each([
    ['PUT', '/datacenter/rules/7', { pos: 7, ...https }],
    ['PUT', '/datacenter/aliases/nosuch', { name: 'nosuch', cidr: '10.0.0.1' }],
    ['POST', '/datacenter/ipsets/nosuch/entries', { cidr: '10.0.0.1' }],
    ['POST', '/datacenter/groups/nosuch/rules', https],
  ] as const)('%s %s: there is no such thing', async (method, url, body) => {
    const lab = await aWritableLab();

    const answer = await lab.push(method, url, body);

    expect([answer.status, answer.body.reason]).toEqual([404, 'firewall_object_not_found']);
    expect(lab.sent()).toEqual([]);
  });

  it('says after a lost answer that it may have been carried out', async () => {
    const lab = await aWritableLab();
    lab.simulators[0]!.faults.add({ match: { method: 'POST', path: /aliases$/ }, action: 'reset' });

    const { status, body } = await lab.push('POST', '/datacenter/aliases', { name: 'gw', cidr: '192.0.2.1' });

    expect([status, body.detail.reason]).toEqual([502, 'proxmox_firewall_write_failed']);
    expect(body.detail.detail).toContain('may have acted');
  });
});

describe('the firewall of a VNet', () => {
  const rule = { pos: 0, type: 'forward', action: 'DROP', enable: true, iface: 'office' };

  it('gets its rules without the interface, in which the plugin keeps its name', async () => {
    const lab = await aWritableLab({ profile: '9.2' });

    const { status, body } = await lab.push('POST', '/vnets/office/rules', rule);

    expect([status, body.status]).toEqual([200, 'pushed']);
    expect(lists(lab, 'vnets/office').rules).toEqual([{ type: 'forward', action: 'DROP', enable: 1 }]);
  });

  it('is skipped where Proxmox has none', async () => {
    const lab = await aWritableLab({ profile: '8.4' });

    const { status, body } = await lab.push('POST', '/vnets/office/rules', rule);

    expect([status, body.status, body.reason]).toEqual([200, 'skipped', 'vnet_firewall_not_supported']);
    expect(lab.sent()).toEqual([]);
  });
});
