/** Two clusters with a firewall, and the service between: what the pages of the plugin ask for can be asked. */
import { firewallAt, type Estate, type PveProfile } from '../../simulator/estate/index.js';
import type { AclPreset } from '../../simulator/proxmox/types.js';
import { aLab, exampleOn, type Json, type Lab } from './proxmox-lab.js';

const ssh = { type: 'in', action: 'ACCEPT', enable: 1, proto: 'tcp', dport: '22', comment: 'ssh' };
const ping = { type: 'in', action: 'ACCEPT', enable: 0, proto: 'icmp', 'icmp-type': 'echo-request' };

/** `one` on the given release and `two` on 8.4; guest 100 stands on `pve1`. */
function twoFirewalls(profile: PveProfile): Estate {
  const first = exampleOn(profile, { name: 'one', firewalls: new Map() });
  const second = exampleOn('8.4', { name: 'two', firewalls: new Map() });
  const clusters = [...first.clusters, ...second.clusters];
  for (const cluster of clusters) {
    const { rules, groups, ipsets, aliases, options } = firewallAt(cluster, 'cluster');
    rules.push({ ...ssh }, { ...ping });
    groups.push({ group: 'web', comment: 'web in', rules: [{ ...ssh, dport: '443', comment: 'https' }] });
    ipsets.push({
      name: 'mgmt',
      comment: 'hosts',
      entries: [{ cidr: '10.0.0.0/8' }, { cidr: '10.9.9.9', nomatch: 1 }],
    });
    aliases.push({ name: 'lan', cidr: '10.0.0.0/8', comment: 'the lan' });
    Object.assign(options, { enable: 1, policy_in: 'DROP', ebtables: 1 });
  }
  return { epochS: first.epochS, clusters };
}

export interface FirewallLab extends Lab {
  /** A write of the plugin, with its user in the header. */
  readonly push: (
    method: 'POST' | 'PUT' | 'DELETE',
    url: string,
    body?: Json,
  ) => Promise<{ readonly status: number; readonly body: Json }>;
  /** Writes that reached cluster `one`, with what was sent. */
  readonly sent: () => readonly string[];
  readonly allowWrites: (id: number, allowed?: boolean) => Promise<unknown>;
}

/** Endpoint 1 is cluster `one`, endpoint 2 is `two`. */
export async function aFirewallLab({
  profile = '9.2',
  ...options
}: {
  readonly profile?: PveProfile;
  readonly acl?: AclPreset;
} = {}): Promise<FirewallLab> {
  const lab = await aLab({ estate: twoFirewalls(profile), ...options });
  const { app, headers } = lab;
  return {
    ...lab,
    push: async (method, url, body) => {
      const answer = await app.inject({
        method,
        url: `/proxmox/firewall${url}${url.includes('?') ? '&' : '?'}endpoint_id=1`,
        headers: { ...headers, 'x-proxbox-actor': 'alice' },
        ...(body === undefined ? {} : { payload: body }),
      });
      return { status: answer.statusCode, body: answer.json() };
    },
    sent: () =>
      lab.simulators[0]!.requestLog.filter(({ method, path }) => method !== 'GET' && path !== '/access/ticket').map(
        ({ method, path }) => `${method} ${path}`,
      ),
    allowWrites: (id, allowed = true) =>
      app.inject({ method: 'PUT', url: `/proxmox/endpoints/${id}`, headers, payload: { allow_writes: allowed } }),
  };
}
