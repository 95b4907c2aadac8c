/**
 * Sets in configurations of Proxmox. It keeps them in hashes of Perl, so their members come in another order from each of its
 * worker processes: they are put in one order before anything compares, writes or shows them. Pure.
 */
import { isObject } from '../../values/plain-object.js';
import { type Row, toPlainText, toText } from './coerce.js';

/** Fields whose text is a set of members (`backup,iso`, `pve1:2,pve2`) or of properties (`keep-last=3,keep-daily=7`). */
const setFields: ReadonlySet<string> = new Set([
  'content',
  'exclude',
  'exitnodes',
  'fleecing',
  'isis-ifaces',
  'mailto',
  'nodes',
  'peers',
  'performance',
  'prune-backups',
  'prune_backups',
  'resources',
  'rt-import',
  'vmid',
]);

/** The row with its keys and its sets in one order; values that are no sets stay as they are. */
export function inOneOrder(row: Row): Row {
  return Object.fromEntries(
    Object.entries(withSortedKeys(row)).map(([key, value]) => {
      if (isObject(value)) return [key, withSortedKeys(value)];
      return [key, typeof value === 'string' && setFields.has(key) ? sortedText(value) : value];
    }),
  );
}

/** Members of a set that is told as text. */
export function membersOf(text: string | null): readonly string[] {
  const members = (text ?? '').split(/[,;\s]+/).filter((member) => member !== '');
  return [...new Set(members)].sort(compareMembers);
}

/** The text form of a property, whether Proxmox tells it as text or, in newer releases, as an object: `a=1,b=x`. */
export function propertyText(value: unknown): string | null {
  if (!isObject(value)) return toText(value);
  const pieces = Object.entries(withSortedKeys(value)).flatMap(([key, item]) => {
    const text = toText(item);
    return text === null ? [] : [`${key}=${text}`];
  });
  return pieces.length === 0 ? null : pieces.join(',');
}

/** Rows of a list that Proxmox keeps in a hash, by a field that names them: people read them top down. */
export function sortedRows<T extends Row>(rows: readonly T[], name: keyof T & string): readonly T[] {
  return rows.toSorted((one, other) => compareMembers(toPlainText(one[name]), toPlainText(other[name])));
}

function sortedText(text: string): string {
  return membersOf(text).join(',');
}

function withSortedKeys(value: Row): Row {
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => compareMembers(one, other)));
}

/** VMIDs as numbers and before everything else, which goes by code unit: compared in pairs alone a mixed list has no one order. */
function compareMembers(one: string, other: string): number {
  const [isNumber, isOtherNumber] = [one, other].map((text) => /^\d{1,15}$/.test(text));
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  if (isNumber && Number(one) !== Number(other)) return Number(one) - Number(other);
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
