/** What is true of every occurrence of a reason, by how it concerns a run. */
import type { ErrorCategory } from '../errors/catalog-entry.js';

export interface ReasonEntry {
  readonly meaning: string;
  /** What the operator does about it: the `suggestion` of frames. */
  readonly remedy: string;
  /** `mendable`: somebody can do something, so it is told object by object. `informational`: it is as it should be. */
  readonly concern: 'mendable' | 'informational';
  /** A run that gives this reason is not complete: something was not read, or not done because of a limit. */
  readonly isPartial: boolean;
  /** Of frames; the plugin knows these words. */
  readonly category: ErrorCategory;
}

type MakeEntry = (meaning: string, remedy: string, category?: ErrorCategory) => ReasonEntry;

const entry =
  (traits: Pick<ReasonEntry, 'concern' | 'isPartial'>): MakeEntry =>
  (...[meaning, remedy, category = 'validation']) => ({ meaning, remedy, category, ...traits });

/** Nobody has to do anything. */
export const informational = entry({ concern: 'informational', isPartial: false });
/** About one object, or about what Proxmox shows less of: the run is complete all the same. */
export const mendable = entry({ concern: 'mendable', isPartial: false });
/** Something of Proxmox or NetBox was not read, so that what it holds stayed as it was. */
export const unread = entry({ concern: 'mendable', isPartial: true });
/** Something was read and decided, and then not done. */
export const held = entry({ concern: 'mendable', isPartial: true });
