import { beforeEach, describe, expect, it } from 'vitest';
import type { EstateCluster } from '../../simulator/estate/index.js';
import {
  addGuest,
  addSnapshot,
  cloneRootCa,
  createEstate,
  exampleEstate,
  hideRootCa,
  joinCluster,
  migrateGuest,
  removeGuest,
  renameCluster,
  renameGuest,
  renewRootCa,
  resizeDisk,
  setAgent,
  setConfig,
  setNodeOnline,
  setStatus,
  setTags,
} from '../../simulator/estate/index.js';
import { aCluster } from '../../contract/sync/estates.js';

let lab: EstateCluster;

beforeEach(() => {
  lab = exampleEstate().clusters[0]!;
});

describe('changes to an estate', () => {
  it('adds a guest with ordinary defaults', () => {
    addGuest(lab, { vmid: 300, node: 'pve2', name: 'new01' });

    expect(lab.guests.get(300)).toMatchObject({ name: 'new01', type: 'qemu', status: 'running', node: 'pve2' });
  });

  it('removes, renames, moves, stops and tags', () => {
    removeGuest(lab, 101);
    renameGuest(lab, 100, 'web02');
    migrateGuest(lab, 100, 'pve2');
    setStatus(lab, 100, 'stopped');
    setTags(lab, 100, 'old');
    renameCluster(lab, 'lab2');
    setNodeOnline(lab, 'pve1', false);

    expect(lab.guests.has(101)).toBe(false);
    expect(lab.guests.get(100)).toMatchObject({ name: 'web02', node: 'pve2', status: 'stopped', tags: 'old' });
    expect([lab.name, lab.nodes[0]!.online]).toEqual(['lab2', false]);
  });

  it('changes the size of a disk and nothing else of it', () => {
    setConfig(lab, 100, 'scsi1', 'local-lvm:vm-100-disk-1,iothread=1,size=8G,ssd=1');

    resizeDisk(lab, 100, 'scsi1', '12G');

    expect(lab.guests.get(100)!.config['scsi1']).toBe('local-lvm:vm-100-disk-1,iothread=1,size=12G,ssd=1');
  });

  it('sets and removes configuration keys and adds snapshots', () => {
    setConfig(lab, 100, 'onboot', null);
    setConfig(lab, 100, 'ciuser', 'admin');
    addSnapshot(lab, 100, { name: 'one', description: '', snaptime: 1 });

    expect(lab.guests.get(100)!.config).not.toHaveProperty('onboot');
    expect(lab.guests.get(100)!.config['ciuser']).toBe('admin');
    expect(lab.guests.get(100)!.snapshots).toHaveLength(1);
  });

  it('replaces what the agent of a generated guest reports', () => {
    const [cluster] = createEstate({ vms: 3, guest: { addresses: 1, lxcShare: 0 } }).clusters;

    setAgent(cluster!, 100, { interfaces: [{ name: 'eth0' }] });

    expect(cluster!.guests.get(100)!.agent).toMatchObject({ state: 'running', interfaces: [{ name: 'eth0' }] });
  });

  it.each<[string, () => void]>([
    ['already has a guest 100', () => addGuest(lab, { vmid: 100, node: 'pve1' })],
    ['has no node pve9', () => addGuest(lab, { vmid: 300, node: 'pve9' })],
    ['has no guest 555', () => removeGuest(lab, 555)],
    ['has no disk ide2 with a size', () => resizeDisk(lab, 100, 'ide2', '1G')],
  ])('says when the test is wrong: %s', (message, change) => {
    expect(change).toThrow(message);
  });

  it('gives every installation a root certificate of its own, renews it, clones it and hides it', () => {
    const other = aCluster({ nodes: ['pve1'], guests: [] });
    const first = lab.rootCa;
    expect(first).toMatch(/^[\da-f-]{36}$/);
    expect(other.rootCa).not.toBe(first);

    renewRootCa(lab);
    expect(lab.rootCa).not.toBe(first);
    cloneRootCa(lab, other);
    expect(other.rootCa).toBe(lab.rootCa);
    hideRootCa(lab);
    expect(lab.rootCa).toBeNull();
  });

  it('lets a standalone host join: name and address stay, the root certificate becomes the cluster’s', () => {
    const host = aCluster({
      name: 'solo',
      nodes: ['solo'],
      network: '203.0.113',
      standalone: true,
      guests: [{ vmid: 700 }],
    });

    joinCluster(host, lab);

    expect(host).toMatchObject({ name: 'lab', standalone: false, rootCa: lab.rootCa });
    expect(host.nodes.map(({ name, address }) => `${name} ${address}`)).toEqual([
      'pve1 10.0.0.10',
      'pve2 10.0.0.11',
      'solo 203.0.113.1',
    ]);
    expect(host.guests).toBe(lab.guests);
    expect(lab.guests.get(700)?.node).toBe('solo');
  });
});
