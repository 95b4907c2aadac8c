import { describe, expect, it } from 'vitest';
import { countMissedRuns } from '../../../../../src/sync/stages/orphan-sweep/missed-runs.js';
import type { RememberedMachine, RunMemory } from '../../../../../src/sync/machine-memory.js';
import { previewMemory } from '../../../../../src/sync/preview.js';
import type { Warning } from '../../../../../src/sync/types.js';
import { createInMemoryNetBox } from '../../../../support/factories/in-memory-netbox.js';
import { aVirtualMachineState } from '../../../../support/factories/netbox-records.js';
import { aGuestResource } from '../../../../support/factories/proxmox.js';
import { aRun } from '../../../../support/factories/run.js';
import { aClusterView, syncOptions } from '../../../../support/factories/sync.js';

/** The guest of machine 7 is gone, that of machine 8 (VMID 101) is listed. */
const states = [aVirtualMachineState(70, 7), aVirtualMachineState(80, 8, { proxmox_vm_id: 101 })];
const clusters = [{ view: aClusterView(), guests: [aGuestResource({ vmid: 101 })], gone: new Set([100]) }];
const remembered = (missedRuns: number): RememberedMachine => ({ smbiosUuid: 'u', createdAt: '1', missedRuns });

interface Kept {
  readonly memory: RunMemory;
  readonly rows: Map<number, RememberedMachine>;
}

function aMemory(entries: readonly (readonly [number, RememberedMachine])[] = []): Kept {
  const rows = new Map(entries);
  const remember: RunMemory['remember'] = async (machines) => {
    for (const [id, row] of machines) if (row !== null) rows.set(id, row);
    return true;
  };
  return { rows, memory: { recall: () => new Map(rows), remember } };
}

async function count(memory: RunMemory, more: { readonly graceRuns?: number } = {}) {
  const { graceRuns = 3 } = more;
  const options = syncOptions({ more: { orphanGraceRuns: graceRuns } });
  const { run } = aRun(createInMemoryNetBox().client, { memory, options });
  const warnings: Warning[] = [];
  const missed = await countMissedRuns(run, { clusters, states, gone: [7] }, warnings);
  return { missed: missed.get(7), warned: warnings.map(({ code }) => code) };
}

describe('how many runs in a row found a guest gone', () => {
  it('is counted from run to run, beside what else is remembered', async () => {
    const { memory, rows } = aMemory([[7, remembered(0)]]);

    const counts = [await count(memory), await count(memory), await count(memory)];
    expect(counts.map(({ missed }) => missed)).toEqual([1, 2, 3]);
    expect(rows.get(7)).toEqual(remembered(3));
  });

  it('is forgotten when the guest is seen', async () => {
    const { memory, rows } = aMemory([[8, remembered(2)]]);

    await count(memory);

    expect(rows.get(8)).toEqual(remembered(0));
  });

  it('is told and not counted by a preview, which knows it itself', async () => {
    const { memory, rows } = aMemory([[7, remembered(1)]]);
    const imagined = previewMemory(memory);

    expect((await count(imagined)).missed).toBe(2);
    expect(rows.get(7)).toEqual(remembered(1));
    expect((await count(imagined)).missed).toBe(3);
  });

  it.each<[string, Partial<RunMemory>]>([
    ['read', { recall: () => undefined }],
    ['written', { remember: async () => false }],
  ])('is one for a database that cannot be %s, which is said: then a longer grace waits', async (_what, broken) => {
    const { memory } = aMemory([[7, remembered(2)]]);

    expect(await count({ ...memory, ...broken })).toEqual({ missed: 1, warned: ['memory_unavailable'] });
  });

  it('needs no database for a grace of one run', async () => {
    const unused = (): never => {
      throw new Error('not to be asked');
    };
    expect(await count({ recall: unused, remember: unused }, { graceRuns: 1 })).toEqual({ missed: 1, warned: [] });
  });
});
