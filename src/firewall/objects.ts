/**
 * What a firewall holds: one row for each kind of object, from which its routes, the look at what Proxmox has and the call
 * that makes it as it is asked for all follow. Pure.
 */
import { path } from '../proxmox/host.js';
import { toText, type Row } from '../proxmox/parse/coerce.js';

export type ObjectName = 'rules' | 'groups' | 'groupRules' | 'ipsets' | 'entries' | 'aliases' | 'options';

/** Fields as Proxmox names them, as they stand in a body of a write: 1 and 0 for flags, without what is not set. */
export type Values = Readonly<Record<string, string | number>>;

export interface ObjectRow {
  /** For sentences. */
  readonly noun: string;
  /** Of the list, below the place; `:parent` is the group or set that it belongs to. */
  readonly route: string;
  /** Of one of them, below the list; null: there is one object and no list. */
  readonly item: ':pos' | ':name' | '*' | null;
  /** Proxmox's path of the list. */
  readonly list: (base: string, parent: string) => string;
  /** The field that tells one from another. */
  readonly key: 'pos' | 'group' | 'name' | 'cidr' | null;
  /** All others that may be written. */
  readonly fields: readonly string[];
  /** How one that exists is changed: with PUT to it, or as Proxmox does it with groups and sets, made again under its own name. */
  readonly change: 'put' | 'rename';
  readonly ops: readonly WriteOp[];
  /** A body that is whole says with what it leaves out that it is empty; one that may be a part of it does not. */
  readonly isWhole: (values: Values) => boolean;
}

export type WriteOp = 'create' | 'update' | 'remove';

const ruleFields = [
  ...['type', 'action', 'enable', 'macro', 'iface', 'source', 'dest', 'proto', 'dport', 'sport', 'log'],
  ...['icmp-type', 'comment'],
];
const all = ['create', 'update', 'remove'] as const;
const always = (): boolean => true;

const rules = {
  noun: 'rule',
  item: ':pos',
  key: 'pos',
  fields: ruleFields,
  change: 'put',
  ops: all,
  isWhole: ({ type, action }) => type !== undefined && action !== undefined,
} as const satisfies Partial<ObjectRow>;

export const objectTable: Readonly<Record<ObjectName, ObjectRow>> = {
  rules: { ...rules, route: 'rules', list: (base) => `${base}/rules` },
  groupRules: {
    ...rules,
    route: 'groups/:parent/rules',
    list: (base, parent) => `${base}/groups/${path`${parent}`}`,
  },
  groups: {
    noun: 'security group',
    route: 'groups',
    item: ':name',
    list: (base) => `${base}/groups`,
    key: 'group',
    fields: ['comment'],
    change: 'rename',
    ops: ['create', 'remove'],
    isWhole: always,
  },
  ipsets: {
    noun: 'IP set',
    route: 'ipsets',
    item: ':name',
    list: (base) => `${base}/ipset`,
    key: 'name',
    fields: ['comment'],
    change: 'rename',
    ops: ['create', 'remove'],
    isWhole: always,
  },
  entries: {
    noun: 'member',
    route: 'ipsets/:parent/entries',
    item: '*',
    list: (base, parent) => `${base}/ipset/${path`${parent}`}`,
    key: 'cidr',
    fields: ['nomatch', 'comment'],
    change: 'put',
    ops: all,
    isWhole: always,
  },
  aliases: {
    noun: 'alias',
    route: 'aliases',
    item: ':name',
    list: (base) => `${base}/aliases`,
    key: 'name',
    fields: ['cidr', 'comment'],
    change: 'put',
    ops: all,
    isWhole: always,
  },
  options: {
    noun: 'options',
    route: 'options',
    item: null,
    list: (base) => `${base}/options`,
    key: null,
    fields: [],
    change: 'put',
    ops: ['update'],
    isWhole: () => false,
  },
};

/** A network of one address is that address: Proxmox keeps it without its length. */
export function bareAddress(cidr: string): string {
  return cidr.replace(cidr.includes(':') ? /\/128$/ : /\/32$/, '');
}

/** What tells a row of the list from the others, so that two spellings of one are equal. */
export function keyOf(object: ObjectName, value: unknown): string {
  const text = toText(value) ?? '';
  if (object === 'entries') return bareAddress(text);
  // Names of aliases have no case.
  return object === 'aliases' ? text.toLowerCase() : text;
}

/** The row of the list with this key. */
export function findRow(object: ObjectName, rows: readonly Row[], key: string): Row | undefined {
  const { key: field } = objectTable[object];
  if (field === null) return undefined;
  return rows.find((row) => keyOf(object, row[field]) === keyOf(object, key));
}

/** The path of one of the list. A network has a slash, which Proxmox takes encoded. */
export function itemPath(object: ObjectName, list: string, key: string): string {
  if (objectTable[object].item === null) return list;
  return object === 'entries' ? `${list}/${encodeURIComponent(key)}` : `${list}/${path`${key}`}`;
}
