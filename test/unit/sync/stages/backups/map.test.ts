import { describe, expect, it } from 'vitest';
import { parseBackup, type Backup } from '../../../../../src/proxmox/parse/backups.js';
import { parseStorage } from '../../../../../src/proxmox/parse/storages.js';
import {
  backupRow,
  betterCopy,
  contentPlaces,
  isNews,
  wholeStorages,
} from '../../../../../src/sync/stages/backups/map.js';
import { stored } from '../../../../support/factories/netbox-records.js';
import { aNode } from '../../../../support/factories/proxmox.js';

const volid = 'pbs:backup/vm/100/2026-01-01T00:00:00Z';

function aBackup(row: object = {}): Backup {
  const parsed = parseBackup({ volid, ctime: 1_700_000_000, size: 10, notes: 'a', ...row });
  if (parsed === null) throw new Error('no backup');
  return parsed;
}

const verified = { verification: { state: 'ok', upid: 'UPID:1' } };

describe('where backups are listed', () => {
  const nodes = [aNode('pve1', { online: false }), aNode('pve2'), aNode('pve10')];
  const places = (row: object) => contentPlaces([parseStorage({ storage: 's', content: 'backup', ...row })!], nodes);

  it.each([
    ['a local storage on each online node', {}, ['pve2', 'pve10'], ['pve1']],
    ['a restricted one only where it is', { nodes: 'pve10' }, ['pve10'], []],
    ['nothing of a storage whose only node is offline', { nodes: 'pve1' }, [], ['pve1']],
    ['nothing of a storage that is on no node here', { nodes: 'pve7' }, [], [null]],
    ['nothing of one that is switched off', { disable: 1 }, [], []],
    ['nothing of one without content', { content: undefined }, [], []],
    ['nothing of one for other content', { content: 'iso,vztmpl' }, [], []],
  ])('%s', (_, row, listed, outOfReach) => {
    const found = places(row);
    expect(found.places).toEqual(listed.map((node) => ({ storage: 's', nodes: [node] })));
    expect(found.outOfReach).toEqual(outOfReach.map((node) => ({ storage: 's', node })));
  });

  it('a shared storage once, whichever node answers', () => {
    expect(places({ shared: 1 })).toEqual({ places: [{ storage: 's', nodes: ['pve2', 'pve10'] }], outOfReach: [] });
  });
});

describe('a storage was read as a whole', () => {
  const up = [aNode('pve1'), aNode('pve2')];
  const oneDown = [aNode('pve1'), aNode('pve2', { online: false })];
  const isWhole = (row: object, nodes = up, unread: readonly string[] = []): boolean => {
    const configured = [parseStorage({ storage: 's', content: 'backup', ...row })!];
    const plan = contentPlaces(configured, nodes);
    return wholeStorages(
      plan,
      plan.places.filter((place) => unread.includes(place.nodes[0] ?? '')),
      configured,
    )('s');
  };

  it.each<[string, boolean, boolean]>([
    ['a local one by all of its nodes', isWhole({}), true],
    ['not a local one with a node that is offline', isWhole({}, oneDown), false],
    ['not a local one with a node that could not be read', isWhole({}, up, ['pve2']), false],
    ['a restricted local one by its only node', isWhole({ nodes: 'pve1' }, oneDown), true],
    ['a shared one by any node', isWhole({ shared: 1 }, oneDown), true],
    ['not a shared one that no node could read', isWhole({ shared: 1 }, up, ['pve1']), false],
    ['not one that is switched off', isWhole({ disable: 1 }), false],
    ['not one that holds other content now', isWhole({ content: 'iso' }), false],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));

  it('and one that is configured no more holds nothing', () => {
    expect(wholeStorages(contentPlaces([], up), [], [])('s')).toBe(true);
  });
});

describe('two copies of one backup', () => {
  it.each([
    ['the verified one wins', aBackup(verified), aBackup({ ctime: 1_800_000_000 }), 0],
    ['whichever comes first', aBackup({ ctime: 1_800_000_000 }), aBackup(verified), 1],
    ['else the later one', aBackup(), aBackup({ ctime: 1_800_000_000 }), 1],
    ['else the first one', aBackup(), aBackup({ notes: 'b' }), 0],
  ])('%s', (_, one, other, winner) => {
    expect(betterCopy(one, other)).toBe([one, other][winner]);
  });
});

describe('a change that is worth a journal entry', () => {
  const owner = { key: '1/qemu/100', source: { endpointId: 1, cluster: 'lab' } };
  const current = stored('backup', { id: 1, verification_state: null, notes: 'a', size: 10, used: null });
  it.each([
    ['a verification', verified, true],
    ['other notes', { notes: 'b' }, true],
    ['another size', { size: 11 }, true],
    ['not what is used', { used: 5 }, false],
  ])('%s', (_, row, expected) => {
    expect(isNews(backupRow(aBackup(row), 'k', owner, null), current)).toBe(expected);
  });
});
