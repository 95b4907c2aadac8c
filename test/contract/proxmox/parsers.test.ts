/** Our parsers on recorded answers of real Proxmox API servers, where the recordings lie beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBackupJob } from '../../../src/proxmox/parse/backup-jobs.js';
import { parseBackup } from '../../../src/proxmox/parse/backups.js';
import { parseCloudInit } from '../../../src/proxmox/parse/cloud-init.js';
import { parseClusterStatus } from '../../../src/proxmox/parse/cluster-status.js';
import { rowsOf, type Row } from '../../../src/proxmox/parse/coerce.js';
import { parseGuestDisks } from '../../../src/proxmox/parse/disks.js';
import { parseGuestConfig } from '../../../src/proxmox/parse/guest-config.js';
import { parseContainerInterfaces } from '../../../src/proxmox/parse/guest-interfaces.js';
import { parseGuestResources } from '../../../src/proxmox/parse/guest-resources.js';
import { parseNetworkDevices } from '../../../src/proxmox/parse/network-devices.js';
import { parseNodeInterface } from '../../../src/proxmox/parse/node-interfaces.js';
import { parsePermissions } from '../../../src/proxmox/parse/permissions.js';
import { parseReplicationJob } from '../../../src/proxmox/parse/replication.js';
import { parseSnapshots } from '../../../src/proxmox/parse/snapshots.js';
import { parseStorage } from '../../../src/proxmox/parse/storages.js';
import { parseTagColours } from '../../../src/proxmox/parse/tags.js';
import { parseTask } from '../../../src/proxmox/parse/tasks.js';
import { nodeRows, resourceRow, storageRow } from '../../../src/proxmox-reads/flat-rows.js';
import { configBody } from '../../../src/proxmox-reads/guest-config.js';
import { haResourceRow, haRuleRow, haStatusRow } from '../../../src/proxmox-reads/ha-rows.js';
import { isObject } from '../../../src/values/plain-object.js';
import { dataOf } from './distil.js';
import { kindOf, type Exchange } from './shapes.js';

const recordings = '../shared/recordings';

/** What was made of each row; null: nothing. */
type Read = (data: unknown) => readonly unknown[];

const each =
  (parse: (row: Row) => unknown): Read =>
  (data) =>
    rowsOf(data).map(parse);

const config =
  (type: 'qemu' | 'lxc'): Read =>
  (data) => {
    if (!isObject(data)) return [null];
    const { disks } = parseGuestDisks(data);
    parseCloudInit(data);
    return [parseGuestConfig(data), configBody(data, type), ...disks, ...parseNetworkDevices(data, type)];
  };

const guests: Read = (data) =>
  rowsOf(data).map((row) => {
    const [guest] = parseGuestResources([row]);
    const isGuest = row['type'] === 'qemu' || row['type'] === 'lxc';
    if (!isGuest) return resourceRow(row);
    // The rows without figures, and no others, are listed without being described.
    return guest?.isDescribed === Object.hasOwn(row, 'maxmem') ? resourceRow(row) : null;
  });

const snapshots =
  (type: 'qemu' | 'lxc'): Read =>
  (data) => {
    const read = parseSnapshots(rowsOf(data), { vmid: 100, node: 'pve1', type });
    return read === null ? [null] : rowsOf(data).map((_row, index) => read[index] ?? 'current');
  };

const readers: Readonly<Record<string, Read>> = {
  '/access/permissions': (data) => [parsePermissions(data)],
  '/cluster/backup': each(parseBackupJob),
  '/cluster/ha/resources': each((row) => haResourceRow('lab', row, undefined).sid),
  '/cluster/ha/rules': each((row) => haRuleRow('lab', row).rule),
  '/cluster/ha/status/current': each((row) => haStatusRow('lab', row).id),
  '/cluster/options': (data) => [parseTagColours(data)],
  '/cluster/replication': each(parseReplicationJob),
  '/cluster/resources': guests,
  '/cluster/status': (data) => {
    const { cluster, nodes } = parseClusterStatus(rowsOf(data));
    return [cluster, ...nodes];
  },
  '/nodes': nodeRows,
  '/nodes/{node}/lxc/{vmid}/config': config('lxc'),
  // All were stopped: there is no list.
  '/nodes/{node}/lxc/{vmid}/interfaces': parseContainerInterfaces,
  '/nodes/{node}/lxc/{vmid}/snapshot': snapshots('lxc'),
  '/nodes/{node}/network': each(parseNodeInterface),
  '/nodes/{node}/qemu/{vmid}/config': config('qemu'),
  '/nodes/{node}/qemu/{vmid}/snapshot': snapshots('qemu'),
  '/nodes/{node}/storage/{storage}/content': each((row) => (row['content'] === 'backup' ? parseBackup(row) : row)),
  '/nodes/{node}/tasks': each(parseTask),
  '/storage': each((row) => parseStorage(row) && storageRow(row, { resources: [], statuses: [] })),
};

describe.skipIf(!existsSync(recordings)).each(['8.4', '9.2'])('the parsers, on answers of Proxmox VE %s', (release) => {
  const read = (): readonly Exchange[] => JSON.parse(readFileSync(`${recordings}/pve-${release}.json`, 'utf8'));
  const answered = existsSync(recordings)
    ? read().filter(({ method, status, note }) => method === 'GET' && status === 200 && note === undefined)
    : [];

  it.each(Object.entries(readers))('read every row of %s', (kind, reader) => {
    const bodies = answered.filter(({ path }) => kindOf(path) === kind).map(({ body }) => dataOf(body));
    if (kind !== '/cluster/ha/rules' || release !== '8.4') expect(bodies).not.toEqual([]);

    for (const data of bodies) {
      const results = reader(data);
      expect(results.filter((result) => result === null || result === undefined)).toEqual([]);
      if (Array.isArray(data)) expect(results).toHaveLength(data.length);
    }
  });
});
