import { describe, expect, it } from 'vitest';
import { parseBackupJob } from '../../../../../src/proxmox/parse/backup-jobs.js';
import { selectionOf } from '../../../../../src/sync/stages/backup-routines/map.js';

const guests = [
  { vmid: 102, node: 'pve2', pool: 'prod' },
  { vmid: 100, node: 'pve1', pool: '' },
  { vmid: 101, node: 'pve1', pool: 'prod' },
];

describe('the guests that a backup job takes', () => {
  it.each<[string, Record<string, unknown>, readonly number[] | undefined]>([
    ['a list is kept in one order, guests that are gone included', { vmid: '101,999,100' }, [100, 101, 999]],
    ['a single number', { vmid: 100 }, [100]],
    ['all', { all: 1 }, [100, 101, 102]],
    ['all as text', { all: '1' }, [100, 101, 102]],
    ['all but some', { all: 1, exclude: '100,102' }, [101]],
    ['all of a node', { all: 1, node: 'pve1' }, [100, 101]],
    ['a pool', { pool: 'prod' }, [101, 102]],
    ['a pool on a node', { pool: 'prod', node: 'pve2' }, [102]],
    ['a pool without guests', { pool: 'empty' }, undefined],
    ['a pool of the name of none', { pool: '' }, undefined],
    ['none', {}, undefined],
    ['all=0 is none', { all: 0 }, undefined],
  ])('%s', (_what, row, expected) => {
    expect(selectionOf(parseBackupJob({ id: 'job', ...row })!, guests)).toEqual(expected);
  });

  it('are not known where the guests could not be listed, except by name', () => {
    expect(selectionOf(parseBackupJob({ id: 'job', all: 1 })!, 'unknown')).toBeUndefined();
    expect(selectionOf(parseBackupJob({ id: 'job', vmid: '100' })!, 'unknown')).toEqual([100]);
  });
});
