/** What the operator reads when Proxmox refuses a read of a stage: the privilege and the line that grants it. */
import { afterEach, describe, expect, it } from 'vitest';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { sync } from '../../contract/sync/target.js';
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

    const { frames, complete } = await sync(target, stage);

    const told = JSON.stringify([frames, complete]);
    const [privilege] = grant.split(' ');
    const command = `pveum role modify NetBoxReadOnly --append 1 --privs "${privilege}"`;
    expect(told).toContain('privilege_missing');
    expect(told).toContain(
      JSON.stringify(`Grant ${grant} to ${lab!.username}!${lab!.tokenName}: ${command}`).slice(1, -1),
    );
  });

  it.each([
    ['8.4', 'Datastore.Audit,Sys.Audit,VM.Audit,VM.Monitor'],
    ['9.1', 'Datastore.Audit,Sys.Audit,VM.Audit,VM.GuestAgent.Audit'],
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
        `pveum acl modify / --users ${lab!.username} --roles NetBoxReadOnly --propagate 1`,
    );
  });
});
