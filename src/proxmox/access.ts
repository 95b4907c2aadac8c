/**
 * Who has what through which entry of the access control list, as Proxmox decides it: level by level from `/` down, entries
 * of a level replace what the levels above gave; on one level own entries of a user or token replace those of its groups,
 * and roles of the same level add up. Source: the page about user management of the Proxmox VE manual. Pure.
 */
import { toBool, toText, type Row } from './parse/coerce.js';

export interface AclEntry {
  readonly path: string;
  readonly type: 'user' | 'group' | 'token';
  /** `user@realm`, the group, or `user@realm!token`. */
  readonly id: string;
  readonly role: string;
  /** Also below the path. */
  readonly propagates: boolean;
}

/** What decides about an account, as far as Proxmox shows it in full. */
export interface AccessFacts {
  readonly acl: readonly AclEntry[];
  /** Of the user. */
  readonly groups: readonly string[];
  /** The token has only what is granted to itself as well. */
  readonly isSeparated: boolean;
}

export interface Holder {
  readonly type: 'user' | 'token';
  readonly id: string;
  /** None for a token. */
  readonly groups: readonly string[];
}

const types: ReadonlyMap<string | null, AclEntry['type']> = new Map([
  ['user', 'user'],
  ['group', 'group'],
  ['token', 'token'],
]);

/** A row of `access/acl`; null for one that says nothing. */
export function parseAclEntry(row: Row): AclEntry | null {
  const [path, id, role, type] = [toText(row.path), toText(row.ugid), toText(row.roleid), types.get(toText(row.type))];
  if (path === null || id === null || role === null || type === undefined) return null;
  return { path, type, id, role, propagates: toBool(row.propagate) ?? true };
}

/** Where something is granted: on the path itself, or on what is below it. */
export interface Place {
  readonly path: string;
  readonly below: boolean;
}

/** The entries that decide for a holder; all of one level, and all own ones or all of groups. None: nothing is granted. */
export function decidingEntries(acl: readonly AclEntry[], holder: Holder, place: Place): readonly AclEntry[] {
  for (const level of levelsUp(place.path)) {
    const isFinal = level === place.path && !place.below;
    const applying = acl.filter(({ path, propagates }) => path === level && (isFinal || propagates));
    const own = applying.filter(({ type, id }) => type === holder.type && id === holder.id);
    if (own.length > 0) return own;
    const ofGroups = applying.filter(({ type, id }) => type === 'group' && holder.groups.includes(id));
    if (ofGroups.length > 0) return ofGroups;
  }
  return [];
}

/** `/vms/100` -> `/vms/100`, `/vms`, `/`. */
function levelsUp(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`).concat('/');
}
