/** Every writer of journal entries is recognised by what these begin with: one of ours would else keep its row for ever. */
import { stored } from '../../../support/factories/netbox-records.js';
import { describe, expect, it } from 'vitest';
import { kindDefinition } from '../../../../src/netbox/kinds/index.js';
import type { Backup } from '../../../../src/proxmox/parse/backups.js';
import { givenBackNote, takenNote } from '../../../../src/sync/plan/address-notes.js';
import { ownEntry } from '../../../../src/sync/plan/own-texts.js';
import { markedEntry, returnedEntry } from '../../../../src/sync/plan/soft-delete.js';
import { journalEntry } from '../../../../src/sync/stages/backups/map.js';
import type { Desired } from '../../../../src/sync/types.js';
import { openJournal, type JournalSubject } from '../../../../src/verbs/journal.js';
import { createInMemoryNetBox } from '../../../support/factories/in-memory-netbox.js';
import { aClusterView } from '../../../support/factories/sync.js';

const machine = { key: 'web', label: 'web' };
const guest = { vmid: 100, type: 'qemu', view: aClusterView(), runId: 'R1' };
const source = { endpointId: 1, cluster: 'lab' };
const backup: Backup = {
  storage: 'pbs',
  volumeId: 'pbs:b',
  vmid: 100,
  subtype: 'qemu',
  format: 'pbs-vm',
  size: 1,
  used: null,
  creationTime: null,
  notes: '',
  encrypted: null,
  verificationState: null,
  verificationUpid: null,
};
const row: Desired<'backup'> = { kind: 'backup', key: 'b', label: 'b', fields: {}, rules: {} };

const address = stored('ip-address', { id: 5, address: '192.0.2.5/24' });
const port = { type: 'virtualization.vminterface', id: 7 } as const;

async function verbEntry(): Promise<unknown> {
  const netbox = createInMemoryNetBox();
  const endpoint = { name: 'lab' } as JournalSubject['endpoint'];
  await openJournal(netbox.client, {
    ...{ endpoint, endpointId: 1, vmid: 100, actor: 'anna', idempotencyKey: undefined, verb: 'start' },
    ...{ virtualMachineId: 7, dispatchedAt: '2026-01-01T00:00:00Z' },
  });
  return netbox.rows(kindDefinition('journal-entry').path)[0]?.['comments'];
}

describe('entries in journals', () => {
  it.each([
    [
      'row that a sync assigned',
      () => takenNote('a', address, { label: '"net0" of "web"', port, source }).fields.comments,
    ],
    [
      'row that an earlier version assigned',
      () => 'Proxbox assigned this address to "net0" of "web", which has it in Proxmox.',
    ],
    ['row that a sync gave back', () => givenBackNote('a', '"net0" of "web"', source).fields.comments],
    ['machine that is marked', () => markedEntry(machine, guest).fields.comments],
    ['machine that is back', () => returnedEntry(machine, guest).fields.comments],
    ['backup that is new', () => journalEntry(backup, row, 'created').fields.comments],
    ['backup that changed', () => journalEntry(backup, row, 'updated').fields.comments],
    ['guest on which a verb acted', verbEntry],
  ])('about a %s are ours', async (_what, comments) => {
    expect(await comments()).toMatch(ownEntry);
  });

  it.each(['ticket 4711', 'Proxbox is wrong here', 'Backup created for VM', 'See: Marked as gone by Proxbox: no'])(
    'of an operator are not: %s',
    (comments) => {
      expect(comments).not.toMatch(ownEntry);
    },
  );
});
