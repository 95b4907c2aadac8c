/** Proxmox answers keys, members of sets and rows in another order every time: nothing of that is a change. */
import { afterEach, describe, expect, it } from 'vitest';
import { anAwkwardEstate } from '../../contract/sync/estates.js';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import type { Estate, PveProfile } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { stages } from './plugin-calls.js';

const rounds = 50;

/** One cluster with sets in all its lists. */
function anEstateOfSets(profile: PveProfile): Estate {
  const estate = anAwkwardEstate();
  const [lab] = estate.clusters;
  lab!.profile = profile;
  lab!.storages.push(
    makeStorage({
      name: 'many',
      type: 'dir',
      content: 'images,rootdir,vztmpl,iso,backup,snippets',
      nodes: 'pve2,pve1',
      options: { path: '/srv', 'prune-backups': 'keep-last=3,keep-daily=7,keep-weekly=2' },
    }),
  );
  lab!.backupJobs.push({
    id: 'backup-sets',
    all: 1,
    exclude: '101,103',
    storage: 'many',
    schedule: '01:00',
    fleecing: { enabled: 1, storage: 'many' },
    'prune-backups': { 'keep-last': '3', 'keep-daily': '7', 'keep-monthly': '1' },
  });
  return { ...estate, clusters: [lab!] };
}

describe('unchanged data', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  it.each<PveProfile>(['8.4', '9.2'])(`of Proxmox VE %s: ${rounds} further runs write nothing`, async (profile) => {
    target = await openSimulated(anEstateOfSets(profile));
    const calls = ['/full-update/stream', ...stages(1)];
    for (const call of calls) await target.world.stream(call);

    for (let round = 1; round <= rounds; round += 1) {
      // Every fifth round as the plugin's job does it, stage by stage.
      const wanted = round % 5 === 0 ? calls.slice(1) : calls.slice(0, 1);
      for (const call of wanted) {
        const { writes } = await target.watch(() => target.world.stream(call));
        expect(writes, `round ${round}: ${call}`).toEqual([]);
      }
    }
  });
});
