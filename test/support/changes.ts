/** What a planned change says, where a test does not care which kind of object it is about. */
import type { ObjectKind } from '../../src/netbox/kinds/index.js';
import { fieldEntries, type Change } from '../../src/sync/types.js';

export function kindOf(change: Change): ObjectKind {
  return 'desired' in change ? change.desired.kind : change.kind;
}

/** What the object should hold; nothing for one that is left alone or goes. */
export function fieldsOf(change: Change): Readonly<Record<string, unknown>> {
  return 'desired' in change ? Object.fromEntries(fieldEntries(change.desired.fields)) : {};
}

/** The id of the NetBox object that the change is about, where one was read. */
export function currentIdOf(change: Change): number | undefined {
  return 'current' in change ? change.current.id : undefined;
}
