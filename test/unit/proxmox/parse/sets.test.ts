import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBackupJob } from '../../../../src/proxmox/parse/backup-jobs.js';
import { parseClusterStatus } from '../../../../src/proxmox/parse/cluster-status.js';
import { inOneOrder, membersOf, sortedRows } from '../../../../src/proxmox/parse/sets.js';
import { parseStorage } from '../../../../src/proxmox/parse/storages.js';
import { flatten } from '../../../../src/proxmox-reads/flat-rows.js';
import { haGroupRow, haRuleRow } from '../../../../src/proxmox-reads/ha-rows.js';

/** As a real server answered, one after another. */
const storage = {
  storage: 'local',
  type: 'dir',
  content: 'iso,backup,rootdir,snippets,vztmpl,images',
  nodes: 'pve2,pve1',
  'prune-backups': 'keep-last=3,keep-daily=7',
};
const sameStorage = {
  'prune-backups': 'keep-daily=7,keep-last=3',
  nodes: 'pve1,pve2',
  content: 'vztmpl,snippets,rootdir,images,iso,backup',
  type: 'dir',
  storage: 'local',
};
const job = {
  id: 'daily',
  fleecing: { storage: 'fast', enabled: 1 },
  'prune-backups': { 'keep-last': '3', 'keep-daily': '7' },
  vmid: '100,1000,999',
  exclude: '103,101',
};
const sameJob = {
  exclude: '101,103',
  vmid: '999,100,1000',
  'prune-backups': { 'keep-daily': '7', 'keep-last': '3' },
  fleecing: { enabled: 1, storage: 'fast' },
  id: 'daily',
};

describe('sets that come in another order mean the same', () => {
  it.each<[string, unknown, unknown]>([
    ['of a storage', parseStorage(storage), parseStorage(sameStorage)],
    ['of a storage that is shown', flatten(storage), flatten(sameStorage)],
    ['of a backup job', parseBackupJob(job), parseBackupJob(sameJob)],
    ['of a backup job that is shown', flatten(job), flatten(sameJob)],
    [
      'of a group of high availability',
      haGroupRow('lab', { nodes: 'pve2,pve1:2' }),
      haGroupRow('lab', { nodes: 'pve1:2,pve2' }),
    ],
    [
      'of a rule of high availability',
      haRuleRow('lab', { nodes: 'b,a', resources: 'vm:100,ct:200' }),
      haRuleRow('lab', { nodes: 'a,b', resources: 'ct:200,vm:100' }),
    ],
    [
      'of the nodes of a cluster',
      parseClusterStatus([
        { type: 'node', name: 'b', nodeid: 2 },
        { type: 'node', name: 'a', nodeid: 1 },
      ]),
      parseClusterStatus([
        { type: 'node', name: 'a', nodeid: 1 },
        { type: 'node', name: 'b', nodeid: 2 },
      ]),
    ],
  ])('%s', (_what, one, other) => expect(one).toEqual(other));

  it('and are text that a reader of both finds in one form', () => {
    expect(parseStorage(storage)).toMatchObject({
      content: 'backup,images,iso,rootdir,snippets,vztmpl',
      nodes: 'pve1,pve2',
      pruneBackups: 'keep-daily=7,keep-last=3',
      rawConfig: { content: 'backup,images,iso,rootdir,snippets,vztmpl' },
    });
    expect(parseBackupJob(job)).toMatchObject({
      fleecing: 'enabled=1,storage=fast',
      selection: [100, 999, 1000],
      exclude: [101, 103],
    });
  });

  it('whatever the members are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z0-9:=.-]{1,8}$/), { minLength: 1 }),
        fc.nat(),
        (members, turn) => {
          const turned = [...members.slice(turn % members.length), ...members.slice(0, turn % members.length)];
          const [one, other] = [members, turned].map((list) => inOneOrder({ content: list.join(','), notes: 'b,a' }));
          expect(one).toEqual(other);
          expect(one!.notes).toBe('b,a');
          expect(new Set(membersOf(members.join(',')))).toEqual(new Set(members));
        },
      ),
    );
  });

  it('numbers among other words, too', () => {
    const [one, other] = ['02,1,0=,a', '0=,a,1,02'].map((content) => inOneOrder({ content }));
    expect(one).toEqual({ content: '1,02,0=,a' });
    expect(other).toEqual(one);
  });

  it('rows of a list come by name, numbers as numbers', () => {
    expect(sortedRows([{ vmid: 1000 }, { vmid: 999 }], 'vmid')).toEqual([{ vmid: 999 }, { vmid: 1000 }]);
  });
});
