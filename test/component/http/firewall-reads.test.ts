/** What the plugin's job and its preview panels read of the firewall. */
import { describe, expect, it } from 'vitest';
import { firewallAt } from '../../simulator/estate/index.js';
import { aFirewallLab } from './firewall-lab.js';

const one = 'source=database&proxmox_endpoint_ids=1';

describe.each(['8.4', '9.1', '9.2'] as const)('the summary of a cluster on %s', (profile) => {
  it('has everything under the names that the plugin reads and under those of the Python service', async () => {
    const lab = await aFirewallLab({ profile });

    const { status, body } = await lab.read(`/proxmox/firewall/summary?${one}`);

    expect([status, body.length]).toEqual([200, 1]);
    const [entry] = body;
    expect(entry).toMatchObject({
      cluster_name: 'one',
      rules: [
        { pos: 0, type: 'in', action: 'ACCEPT', enable: 1, proto: 'tcp', dport: '22', comment: 'ssh' },
        { pos: 1, enable: 0, proto: 'icmp', icmp_type: 'echo-request' },
      ],
      security_groups: [{ name: 'web', comment: 'web in', rules: [{ pos: 0, dport: '443' }] }],
      ip_sets: [
        {
          name: 'mgmt',
          entries: [
            { cidr: '10.0.0.0/8', comment: null, nomatch: false },
            { cidr: '10.9.9.9', comment: null, nomatch: true },
          ],
        },
      ],
      aliases: [{ name: 'lan', cidr: '10.0.0.0/8', comment: 'the lan' }],
      status: 'ok',
      error: null,
    });
    expect(entry.options).toEqual({ enable: 1, policy_in: 'DROP', ebtables: 1 });
    expect([entry.datacenter_rules, entry.datacenter_ipsets, entry.datacenter_aliases]).toEqual([
      entry.rules,
      entry.ip_sets,
      entry.aliases,
    ]);
    expect(entry.datacenter_options).toEqual(entry.options);
  });
});

describe('a firewall that could not be read completely', () => {
  const parts = [
    '/cluster/firewall/rules',
    '/cluster/firewall/groups',
    '/cluster/firewall/groups/web',
    '/cluster/firewall/ipset',
    '/cluster/firewall/ipset/mgmt',
    '/cluster/firewall/aliases',
    '/cluster/firewall/options',
  ];

  it.each(parts)('is left out of the summary when %s failed, and named in the header', async (path) => {
    const lab = await aFirewallLab();
    lab.simulators[0]!.faults.add({
      match: { path: new RegExp(`^${path}$`) },
      action: { status: 403, reason: 'Permission check failed (/, Sys.Audit)' },
    });

    const { status, body, failed } = await lab.read('/proxmox/firewall/summary');

    expect([status, body.map((entry: { cluster_name: string }) => entry.cluster_name), failed]).toEqual([
      200,
      ['two'],
      '1',
    ]);
  });

  it('is an error when it was the only one, and says which privilege is missing', async () => {
    const lab = await aFirewallLab({ acl: 'nothing' });

    for (const url of ['summary', 'datacenter/rules', 'datacenter/options']) {
      const { status, body } = await lab.read(`/proxmox/firewall/${url}?${one}`);
      expect([url, status, body.reason]).toEqual([url, 403, 'proxmox_firewall_read_failed']);
      expect(body.detail).toContain('Sys.Audit on /');
    }
  });

  it('is an error for a node, never an empty list', async () => {
    const lab = await aFirewallLab();
    lab.simulators[0]!.faults.add({ match: { path: /firewall\/rules$/ }, action: { status: 500, reason: 'broken' } });

    const { status, body } = await lab.read(`/proxmox/firewall/nodes/pve1/rules?${one}`);

    expect([status, body.reason]).toEqual([502, 'proxmox_firewall_read_failed']);
    expect(body.detail).toContain('broken');
  });
});

describe('the rules of a node', () => {
  it('are those of that node of that endpoint', async () => {
    const lab = await aFirewallLab();
    const rule = { type: 'out', action: 'DROP', enable: 1 };
    firewallAt(lab.simulators[0]!.state, 'nodes/pve1').rules.push(rule);

    const { status, body } = await lab.read(`/proxmox/firewall/nodes/pve1/rules?${one}`);
    const other = await lab.read(`/proxmox/firewall/nodes/nowhere/rules?${one}`);

    expect([status, body]).toEqual([200, [expect.objectContaining({ pos: 0, ...rule })]]);
    expect(other.status).toBe(404);
  });
});

describe('what the preview compares', () => {
  it('names no cluster where one endpoint is asked, and names it where several are', async () => {
    const lab = await aFirewallLab();

    for (const list of ['rules', 'groups', 'ipsets', 'aliases']) {
      const { body } = await lab.read(`/proxmox/firewall/datacenter/${list}?${one}`);
      const several = await lab.read(`/proxmox/firewall/datacenter/${list}`);
      expect(body.map(({ cluster_name: name, status }: Record<string, unknown>) => [name, status])).not.toEqual([]);
      for (const row of body) expect([list, row.cluster_name, row.status, row.error]).toEqual([list, null, null, null]);
      expect(new Set(several.body.map((row: Record<string, unknown>) => row['cluster_name']))).toEqual(
        new Set(['one', 'two']),
      );
    }
  });

  it('has the options of a place as Proxmox has them, and never those of several clusters', async () => {
    const lab = await aFirewallLab();
    Object.assign(firewallAt(lab.simulators[0]!.state, 'guests/100').options, { policy_in: 'DROP' });

    const datacenter = await lab.read(`/proxmox/firewall/datacenter/options?${one}`);
    const guest = await lab.read(`/proxmox/firewall/vms/100/options?${one}`);
    const node = await lab.read(`/proxmox/firewall/nodes/pve1/options?${one}`);
    const several = await lab.read('/proxmox/firewall/datacenter/options');

    expect(datacenter.body).toEqual({ enable: 1, policy_in: 'DROP', ebtables: 1 });
    expect([guest.body, node.body, several.status]).toEqual([{ policy_in: 'DROP' }, {}, 400]);
  });

  it('finds a guest with and without its node', async () => {
    const lab = await aFirewallLab();
    const { state } = lab.simulators[0]!;
    const { node, type } = state.guests.get(100)!;
    firewallAt(state, 'guests/100').aliases.push({ name: 'me', cidr: '10.1.1.1' });

    const named = await lab.read(`/proxmox/firewall/vms/100/aliases?${one}&node=${node}&vm_type=${type}`);
    const found = await lab.read(`/proxmox/firewall/vms/100/aliases?${one}&vm_type=${type}`);
    const missing = await lab.read(`/proxmox/firewall/vms/99999/aliases?${one}`);

    expect(found.body).toEqual([expect.objectContaining({ name: 'me', cidr: '10.1.1.1', cluster_name: null })]);
    expect([named.body, missing.status]).toEqual([found.body, 404]);
  });

  it('has a card for the page of a machine', async () => {
    const lab = await aFirewallLab();
    const { state } = lab.simulators[0]!;
    const guest = [...state.guests.values()].find(({ type }) => type === 'qemu')!;
    const { rules, ipsets } = firewallAt(state, `guests/${guest.vmid}`);
    rules.push({ type: 'in', action: 'DROP', enable: 1 });
    ipsets.push({ name: 'own', comment: '', entries: [{ cidr: '10.1.1.1' }] });

    const { status, body } = await lab.read(
      `/proxmox/nodes/${guest.node}/qemu/${guest.vmid}/firewall?source=database&name=lab`,
    );

    expect(status).toBe(200);
    expect(body).toMatchObject({
      options: {},
      rules: [{ pos: 0, action: 'DROP' }],
      aliases: [],
      ipset: [{ name: 'own', entries: [{ cidr: '10.1.1.1' }] }],
    });
  });
});
