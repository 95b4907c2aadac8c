import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBackupJob, parseRetention, parseVmidList } from '../../../../src/proxmox/parse/backup-jobs.js';
import { parseBackup } from '../../../../src/proxmox/parse/backups.js';
import { parseCidr, parseNetmask } from '../../../../src/proxmox/parse/cidr.js';
import { parseClusterStatus } from '../../../../src/proxmox/parse/cluster-status.js';
import { parseCloudInit } from '../../../../src/proxmox/parse/cloud-init.js';
import { epochToIso, rowsOf, toBool, toInt, toNumber, toText } from '../../../../src/proxmox/parse/coerce.js';
import { parseDiskSizeMb } from '../../../../src/proxmox/parse/disk-size.js';
import { parseGuestDisks } from '../../../../src/proxmox/parse/disks.js';
import { parseAgentFlag, parseGuestConfig } from '../../../../src/proxmox/parse/guest-config.js';
import {
  parseAgentHostName,
  parseAgentInterfaces,
  parseContainerInterfaces,
} from '../../../../src/proxmox/parse/guest-interfaces.js';
import { parseGuestName } from '../../../../src/proxmox/parse/guest-name.js';
import { parseGuestResources } from '../../../../src/proxmox/parse/guest-resources.js';
import { parseGuestStatus } from '../../../../src/proxmox/parse/guest-status.js';
import { parseMac } from '../../../../src/proxmox/parse/mac.js';
import { parseNetworkDevices } from '../../../../src/proxmox/parse/network-devices.js';
import { parseNodeInterface } from '../../../../src/proxmox/parse/node-interfaces.js';
import { parsePermissions } from '../../../../src/proxmox/parse/permissions.js';
import { parsePropertyString } from '../../../../src/proxmox/parse/property-string.js';
import { parseReplicationJob } from '../../../../src/proxmox/parse/replication.js';
import { parseSnapshots } from '../../../../src/proxmox/parse/snapshots.js';
import { parseStorage } from '../../../../src/proxmox/parse/storages.js';
import { fallbackTagColour, parseTagColours, parseTags } from '../../../../src/proxmox/parse/tags.js';
import { parseTask, taskDescription } from '../../../../src/proxmox/parse/tasks.js';
import { parseUpid } from '../../../../src/proxmox/parse/upid.js';
import { cpuMsOf } from '../../../support/measure.js';
import { isObject } from '../../../../src/values/plain-object.js';

/** Every parser of a text, each reached through the key that carries the text. */
const textParsers: Record<string, (text: string) => unknown> = {
  scalars: (text) => [toBool(text), toInt(text), toNumber(text), toText(text), epochToIso(text)],
  propertyString: (text) => parsePropertyString(text, 'd'),
  qemuNetwork: (text) => parseNetworkDevices({ net0: text }, 'qemu'),
  lxcNetwork: (text) => parseNetworkDevices({ net0: text }, 'lxc'),
  disk: (text) => parseGuestDisks({ scsi0: text, rootfs: `${text},size=1G`, ide2: `${text},media=cdrom` }),
  diskSize: parseDiskSizeMb,
  agentFlag: parseAgentFlag,
  config: (text) => parseGuestConfig({ memory: text, searchdomain: text, agent: text }),
  cloudInit: (text) => parseCloudInit({ sshkeys: text, ciuser: text }),
  status: parseGuestStatus,
  name: (text) => parseGuestName(text, 1),
  tags: parseTags,
  tagColours: (text) => [
    parseTagColours({ 'tag-style': text }),
    parseTagColours({ 'tag-style': { 'color-map': text } }),
  ],
  fallbackColour: fallbackTagColour,
  backup: (text) => parseBackup({ volid: text, format: text, subtype: text, ctime: text, notes: text }),
  retention: parseRetention,
  vmids: parseVmidList,
  job: (text) => parseBackupJob({ id: text, 'prune-backups': text, vmid: text }),
  replication: (text) => parseReplicationJob({ id: text, guest: text }),
  snapshot: (text) =>
    parseSnapshots([{ name: text, description: text, snaptime: text }], { vmid: 1, node: 'n', type: 'qemu' }),
  upid: parseUpid,
  task: (text) => parseTask({ upid: text, type: text, status: text }),
  taskDescription: (text) => taskDescription(text, text, 'qemu'),
  storage: (text) => parseStorage({ storage: text, content: text, nodes: text, 'prune-backups': text }),
  nodeInterface: (text) => parseNodeInterface({ iface: text, type: text, cidr: text, address: text, netmask: text }),
  mac: parseMac,
  addresses: (text) => [parseCidr(text, 4), parseCidr(text, 6), parseNetmask(text, 4), parseNetmask(text, 6)],
  agent: (text) =>
    parseAgentInterfaces([
      { name: text, 'hardware-address': text, 'ip-addresses': [{ 'ip-address': text, prefix: text }] },
    ]),
  container: (text) => parseContainerInterfaces([{ name: text, inet: text, inet6: text }]),
  hostName: (text) => parseAgentHostName({ 'host-name': text }),
};

/** Texts that make careless patterns slow. */
const hostile = [
  (n: number) => 'a'.repeat(n),
  (n: number) => '1'.repeat(n),
  (n: number) => ' '.repeat(n),
  (n: number) => `1${' '.repeat(n)}x`,
  (n: number) => ','.repeat(n),
  (n: number) => 'a=1,'.repeat(n / 4),
  (n: number) => ';:'.repeat(n / 2),
  (n: number) => '%41'.repeat(n / 3),
  (n: number) => 'x:1'.repeat(n / 3),
  (n: number) => '\u0000\n'.repeat(n / 2),
  (n: number) => '\ud800'.repeat(n),
  (n: number) => '/'.repeat(n),
  (n: number) => 'vzdump-qemu-1'.repeat(n / 13),
];

const odd = fc.anything({ maxDepth: 3, withDate: false });

describe('parsers', () => {
  it.each(Object.entries(textParsers))('%s takes any text without throwing', (_, parse) => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 200 })), (text) => void parse(text)),
    );
  });

  it.each(Object.entries(textParsers))('%s reads 100 kB of hostile text in linear time', async (_, parse) => {
    for (const make of hostile) {
      const text = make(100_000);
      // A parser that is quadratic takes many seconds for this.
      expect(await cpuMsOf(() => parse(text))).toBeLessThan(500);
    }
  });

  it('take rows of any values without throwing', () => {
    const keys = [
      'id',
      'type',
      'vmid',
      'node',
      'name',
      'volid',
      'upid',
      'storage',
      'iface',
      'net0',
      'scsi0',
      'tags',
      'agent',
    ];
    const row = fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), odd);
    fc.assert(
      fc.property(row, (value) => {
        parseGuestResources([value]);
        parseClusterStatus([
          { ...value, type: 'node' },
          { ...value, type: 'cluster' },
        ]);
        parseGuestConfig(value);
        parseGuestDisks(value);
        parseNetworkDevices(value, 'qemu');
        parseNetworkDevices(value, 'lxc');
        for (const parse of [
          parseBackup,
          parseBackupJob,
          parseReplicationJob,
          parseTask,
          parseStorage,
          parseNodeInterface,
        ]) {
          parse(value);
        }
      }),
    );
  });

  it('take answers of any shape without throwing', () => {
    fc.assert(
      fc.property(odd, (value) => {
        parseAgentInterfaces(value);
        parseContainerInterfaces(value);
        parseAgentHostName(value);
        parseTagColours(value);
        parsePermissions(value).has('/vms/100', 'VM.Audit');
        expect(rowsOf(value).every(isObject)).toBe(true);
      }),
    );
  });

  it('give disk totals that are the sum of the rows', () => {
    const size = fc.tuple(fc.integer({ min: 0, max: 9999 }), fc.constantFrom('', 'K', 'M', 'G', 'T'));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 8 }), (sizes) => {
        const config = Object.fromEntries(sizes.map(([n, unit], index) => [`scsi${index}`, `s:v,size=${n}${unit}`]));
        const { disks, totalMb } = parseGuestDisks(config);
        expect(totalMb).toBe(
          Math.min(
            2_147_483_647,
            disks.reduce((sum, disk) => sum + disk.sizeMb, 0),
          ),
        );
        expect(disks.every((disk) => disk.sizeMb >= 1)).toBe(true);
      }),
    );
  });

  it('give names that NetBox stores', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { name } = parseGuestName(text, 7);
        expect(Array.from(name).length).toBeGreaterThan(0);
        expect(Array.from(name).length).toBeLessThanOrEqual(64);
        expect(name).toBe(name.trim());
      }),
    );
  });
});
