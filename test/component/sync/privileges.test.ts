/** What the operator reads when Proxmox refuses a read of a stage: the privilege and the line that grants it. */
import { afterEach, describe, expect, it } from 'vitest';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { sync, syncPartly } from '../../contract/sync/target.js';
import { pveum, root } from '../../support/pveum.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

interface Refusal {
  readonly name: string;
  readonly path: RegExp;
  readonly stage: string;
  /** What Proxmox says in the status line. */
  readonly denied: string;
  readonly grant: string;
}

const machines = '/virtualization/virtual-machines';
const refusals: readonly Refusal[] = [
  {
    name: 'the interfaces of a node',
    path: /^\/nodes\/pve1\/network$/,
    stage: '/dcim/devices/interfaces/create/stream',
    denied: '/nodes/pve1, Sys.Audit',
    grant: 'Sys.Audit on /nodes/pve1',
  },
  {
    name: 'the task archive of a node',
    path: /^\/nodes\/pve1\/tasks$/,
    stage: `${machines}/task-history/create/stream`,
    denied: '/nodes/pve1, Sys.Audit',
    grant: 'Sys.Audit on /nodes',
  },
  {
    name: 'the content of a storage',
    path: /^\/nodes\/pve1\/storage\/local\/content$/,
    stage: `${machines}/backups/all/create/stream`,
    denied: '/storage/local, Datastore.Audit|Datastore.AllocateSpace',
    grant: 'Datastore.Audit on /storage',
  },
  {
    name: 'the snapshots of a guest',
    path: /\/qemu\/100\/snapshot$/,
    stage: `${machines}/snapshots/all/create/stream`,
    denied: '/vms/100, VM.Audit',
    grant: 'VM.Audit on /vms',
  },
  {
    name: 'the configuration of a guest',
    path: /\/qemu\/100\/config$/,
    stage: `${machines}/create/stream`,
    denied: '/vms/100, VM.Audit',
    grant: 'VM.Audit on /vms',
  },
];

const twoGuests = () =>
  anEstate(
    aCluster({ nodes: ['pve1', 'pve2'], guests: [{ vmid: 100 }, { vmid: 101, node: 'pve2' }] }),
    aCluster({ name: 'edge', nodes: ['edge1'], guests: [{ vmid: 100 }] }),
  );

describe('a refusal of Proxmox names the privilege and the pveum line, for', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  it.each(refusals)('$name', async ({ path, stage, denied, grant }) => {
    target = await openSimulated(twoGuests());
    await sync(target);
    const [lab] = target.world.proxmox;
    lab!.faults.add({ match: { path }, action: { status: 403, reason: `Permission check failed (${denied})` } });

    const { frames, complete } = await syncPartly(target, stage, ['privilege_missing']);

    const told = JSON.stringify([frames, complete]);
    const [privilege] = grant.split(' ');
    const command = `pveum role modify NetBoxReadOnly --append 1 --privs "${privilege}"`;
    expect(told).toContain('privilege_missing');
    expect(told).toContain(
      JSON.stringify(`Grant ${grant} to ${lab!.username}!${lab!.tokenName}: ${command}`).slice(1, -1),
    );
  });

  it.each([
    ['8.4', 'Datastore.Audit,Pool.Audit,SDN.Audit,Sys.Audit,VM.Audit,VM.Monitor'],
    ['9.1', 'Datastore.Audit,Pool.Audit,SDN.Audit,Sys.Audit,VM.Audit,VM.GuestAgent.Audit'],
  ] as const)('the whole endpoint, on %s', async (profile, privileges) => {
    const cluster = { ...aCluster({ guests: [{ vmid: 100 }] }), profile };
    target = await openSimulated(anEstate(cluster));
    const [lab] = target.world.proxmox;
    const action = { status: 403, reason: 'Permission check failed (/, Sys.Audit)' };
    lab!.faults.add({ match: { path: /^\/cluster\/status$/ }, action });

    const { complete } = await target.world.stream('/dcim/devices/create/stream');

    const { detail } = complete.errors[0]!;
    expect(complete.ok).toBe(false);
    expect(detail).toContain(
      `pveum role add NetBoxReadOnly --privs "${privileges}" || pveum role modify NetBoxReadOnly --append 1 --privs "${privileges}"; ` +
        `pveum group add NetBoxReaders; pveum user modify ${lab!.username} --groups NetBoxReaders --append 1; ` +
        `pveum acl modify / --groups NetBoxReaders --roles NetBoxReadOnly --propagate 1`,
    );
  });

  const asReader = (preset: 'read-only' | 'no-pools-and-bridges') => ({ proxmox: { acl: preset } }) as const;
  const pooled = () => {
    const cluster = aCluster({ nodes: ['pve1'], guests: [{ vmid: 100 }, { vmid: 101 }] });
    cluster.guests.get(100)!.pool = 'web';
    cluster.backupJobs.push({ id: 'job-web', pool: 'web', enabled: 1, schedule: '02:00' });
    return anEstate(cluster);
  };
  const optional = (warnings: readonly { reason: string; message?: string }[] = []): readonly string[] =>
    warnings.filter(({ reason }) => reason === 'privilege_optional').map(({ message = '' }) => message);

  it('an optional one is a warning about what is not known: bridges, members of pools', async () => {
    target = await openSimulated(pooled(), asReader('no-pools-and-bridges'));

    const { complete } = await sync(target);

    expect(complete.ok).toBe(true);
    const told = optional(complete.result!.warnings);
    expect(told).toHaveLength(2);
    expect(told.join(' ')).toMatch(/Bridges of pve1.*SDN\.Audit.*--privs "SDN\.Audit"/);
    expect(told.join(' ')).toMatch(/"web".*job-web.*Pool\.Audit.*--privs "Pool\.Audit"/);
  });

  it('what NoAccess hides is told of, although the grant above has a row in the tree of permissions', async () => {
    target = await openSimulated(pooled(), { proxmox: { acl: 'read-only', users: [root] } });
    const [{ username, tokenName, url } = { username: '', tokenName: '', url: '' }] = target.world.proxmox;
    for (const of of [`--users ${username}`, `--tokens '${username}!${tokenName}'`])
      await pveum(`pveum acl modify /pool/web ${of} --roles NoAccess --propagate 1`, url);

    const { complete } = await sync(target);

    expect(optional(complete.result!.warnings).join(' ')).toMatch(/"web".*job-web.*Pool\.Audit/);
  });

  it('bridges of which only some may be seen are told of as well', async () => {
    target = await openSimulated(pooled(), asReader('no-pools-and-bridges'));
    // SDN.Audit on vmbr0 alone: the bridge over eno2 is left out.
    const data = [
      { iface: 'eno1', type: 'eth', active: 1, method: 'manual' },
      { iface: 'vmbr0', type: 'bridge', bridge_ports: 'eno1', cidr: '192.0.2.1/24' },
      { iface: 'eno2', type: 'eth', active: 1, method: 'manual' },
    ];
    const [proxmox] = target.world.proxmox;
    proxmox!.faults.add({ match: { path: /\/network$/ }, action: { status: 200, body: { data } } });

    const { complete } = await sync(target);

    expect(optional(complete.result!.warnings).join(' ')).toMatch(/Bridges of pve1.*not all of them.*SDN\.Audit/);
  });

  it('with the role as it is documented nothing is left out, and nothing said', async () => {
    target = await openSimulated(pooled(), asReader('read-only'));

    const { complete } = await sync(target);

    expect(optional(complete.result!.warnings)).toEqual([]);
  });
});
