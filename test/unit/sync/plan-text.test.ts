import { describe, expect, it } from 'vitest';
import type { StoredItem } from '../../../src/ledger/types.js';
import { planText } from '../../../src/sync/plan-text.js';

const item = (more: Partial<StoredItem>): StoredItem => ({
  ...{ position: 0, stage: 'virtual-machines', kind: 'virtual-machine', key: 'k', label: 'web', outcome: 'updated' },
  ...{
    reason: null,
    message: null,
    netboxId: 7,
    netboxUrl: null,
    endpointId: 1,
    cluster: 'lab',
    node: null,
    vmid: 100,
  },
  changes: [{ field: 'memory', from: 1024, to: 2048 }],
  ...more,
});
const text = (items: readonly StoredItem[], warnings: Parameters<typeof planText>[0]['warnings'] = []) =>
  planText({ id: 'P1', of: 'full-update', createdAt: 'T1', expiresAt: 'T2', items, warnings });

describe('a plan as text', () => {
  it('is read like a diff, by cluster and kind', () => {
    const shown = text(
      [
        item({}),
        item({ kind: 'tag', label: 'Proxbox', outcome: 'created', cluster: null, vmid: null, netboxId: null }),
        item({ kind: 'virtual-disk', label: 'web scsi1', outcome: 'deleted', message: 'It is gone.', changes: [] }),
        item({ outcome: 'skipped', label: 'db', reason: 'guest_offline', message: 'Its node is off.', changes: [] }),
      ],
      [{ reason: 'delete_limit', message: 'Too many rows are gone.' }],
    );
    expect(shown).toBe(`Plan P1 of full-update, made at T1, to be applied before T2.

Of no cluster
  tag
  + Proxbox
      memory: 2048

Cluster lab
  virtual machine
  ~ web (VMID 100) (NetBox id 7)
      memory: 1024 -> 2048
  virtual disk
  - web scsi1 (VMID 100) (NetBox id 7)
      It is gone.

Held back, left out or not known
  ! delete_limit: Too many rows are gone.
  ! guest_offline: Its node is off.

Plan: 1 to create, 1 to change, 1 to delete. 1 left out, 0 would fail.
`);
  });

  it('says that nothing is to be done, and cuts what is long', () => {
    expect(text([])).toContain('Plan: nothing to do.');
    const long = text([item({ changes: [{ field: 'comments', from: null, to: 'x'.repeat(1000) }] })]);
    expect(long.split('\n').every((line) => line.length < 160)).toBe(true);
    expect(text([item({ changes: [{ field: 'tags', from: [], to: ['tag:a'] }] })])).toContain('tags: [] -> ["tag:a"]');
  });
});
