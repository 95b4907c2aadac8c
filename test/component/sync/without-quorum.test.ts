/** A node that its cluster has left behind: its copy of what the cluster has is an old one. */
import { afterEach, describe, expect, it } from 'vitest';
import { aBackedUpCluster, pbsBackup, storageNamed } from '../../contract/sync/backups.js';
import { aGuest, anEstate } from '../../contract/sync/estates.js';
import { anSdn } from '../../contract/sync/sdn-estate.js';
import { path } from '../../contract/netbox/target.js';
import { all, one } from '../../contract/sync/target.js';
import { addGuest, setNodeOnline, type EstateCluster } from '../../simulator/estate/index.js';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const guests = [100, 101, 102, 103, 104].map((vmid) => ({ vmid, node: vmid === 102 ? 'pve3' : 'pve1' }));
const whole = '/full-update/stream?sync_mode_sdn=always&delete_nonexistent_backup=true&proxmox_endpoint_ids=';
const archive = { ...pbsBackup(105), volid: pbsBackup(105).volid.replace('pbs:', 'pbs2:') };

describe('what a cluster has got since a node lost its quorum', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const zone = { zone: 'overlay', type: 'vxlan', peers: '192.0.2.1' };
  const has = async () => ({
    machine: (await one(target, path.vms, 'name=new')).status.value,
    backups: (await all(target, path.backups)).map(({ volume_id: id }) => id),
    routines: (await all(target, path.backupRoutines)).map((row) => `${row.job_id} ${row.status.value}`),
    replications: (await all(target, path.replications)).map((row) => `${row.replication_id} ${row.status.value}`),
    zones: (await all(target, path.sdnZones)).map((row) => `${row.zone_name} ${row.status.value}`),
  });

  it('is not gone because that node has not heard of it, which is told', async () => {
    const [most, left]: EstateCluster[] = [aBackedUpCluster({ guests }, []), aBackedUpCluster({ guests }, [])];
    left!.rootCa = most!.rootCa;
    left!.sdn = anSdn();
    target = await openSimulated(anEstate(most!, left!), {
      variables: { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_ACTION: 'delete' },
    });
    setNodeOnline(most!, 'pve3', false);
    for (const node of ['pve1', 'pve2']) setNodeOnline(left!, node, false);
    addGuest(most!, aGuest({ vmid: 105, name: 'new' }));
    most!.storages.push(makeStorage({ name: 'pbs2', type: 'pbs', content: 'backup', shared: true }));
    storageNamed(most!, 'pbs2').volumes.push(archive);
    most!.backupJobs.push({ id: 'nightly', vmid: '105', enabled: 1, schedule: '02:00', storage: 'pbs2' });
    most!.replicationJobs.push({ id: '105-0', guest: 105, jobnum: 0, target: 'pve2', type: 'local' });
    most!.sdn = anSdn({ zones: [zone] });
    await target.world.stream(`${whole}1`);
    const before = await has();
    expect(before).toEqual({
      machine: 'active',
      backups: [archive.volid],
      routines: ['nightly active'],
      replications: ['105-0 active'],
      zones: ['overlay active'],
    });

    const { complete } = await target.world.stream(`${whole}2`);

    expect(await has()).toEqual(before);
    const told = JSON.stringify(complete);
    for (const what of ['1 storage (pbs2)', '1 backup routine (nightly)', '1 replication job (105-0)', 'overlay'])
      expect(told).toContain(what);
    expect(complete.errors.map(({ reason }) => reason)).toContain('read_incomplete');
    setNodeOnline(left!, 'pve1', true);
    setNodeOnline(left!, 'pve2', true);
    await target.world.stream(`${whole}2`);
    expect(await has()).toMatchObject({ backups: [], routines: ['nightly stale'], zones: ['overlay stale'] });
  });
});
