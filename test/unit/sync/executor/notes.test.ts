import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../../../src/sync/executor/executor.js';
import { type Change, type Desired, ref } from '../../../../src/sync/types.js';
import { createInMemoryNetBox } from '../../../support/factories/in-memory-netbox.js';
import { anExecutorContext } from '../../../support/factories/run.js';
import { aDesired, aPlan } from '../../../support/factories/sync.js';

const journal = '/api/extras/journal-entries/';

const backup = (key: string, fields: Desired['fields'] = {}): Desired =>
  aDesired({ kind: 'backup', key, label: key, fields: { volume_id: key, ...fields } });
const note = (key: string): Desired =>
  aDesired({
    kind: 'backup-journal',
    key,
    label: key,
    fields: { assigned_object_type: 'netbox_proxbox.vmbackup', assigned_object_id: ref('backup', key) },
  });
const creating = (...all: readonly Desired[]): Change[] => all.map((desired) => ({ action: 'create', desired }));

describe('a note about another object', () => {
  it('follows the object, with its id', async () => {
    const netbox = createInMemoryNetBox();

    const { outcomes } = await applyPlan(aPlan(creating(note('a'), backup('a'))), anExecutorContext(netbox.client));

    const id = outcomes.find(({ kind }) => kind === 'backup')?.id;
    expect(netbox.rows(journal)).toMatchObject([{ assigned_object_id: id }]);
  });

  it('is not written about an object that was not, and fails nobody', async () => {
    const netbox = createInMemoryNetBox();
    const orphan = backup('a', { virtual_machine: ref('virtual-machine', 'nobody') });

    const { outcomes } = await applyPlan(aPlan(creating(orphan, note('a'))), anExecutorContext(netbox.client));

    expect(outcomes.map(({ kind, status }) => [kind, status])).toEqual([
      ['backup', 'failed'],
      ['backup-journal', 'skipped'],
    ]);
    expect(netbox.rows(journal)).toEqual([]);
  });
});
