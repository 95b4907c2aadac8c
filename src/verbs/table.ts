/** The verbs that are sent to a guest with `POST /proxmox/{qemu|lxc}/{vmid}/{name}`: a further one is a row here. */
import type { Clock } from '../config/clock.js';
import { backupVerb } from './backup.js';
import { migrateVerb } from './migrate.js';
import { powerVerbs } from './power.js';
import { rollbackVerb, snapshotVerb } from './snapshot.js';
import type { Verb } from './types.js';

export function verbTable(clock: Pick<Clock, 'now'>): readonly Verb[] {
  return [...powerVerbs, snapshotVerb(clock), rollbackVerb, migrateVerb, backupVerb];
}
