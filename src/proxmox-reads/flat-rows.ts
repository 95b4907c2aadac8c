/**
 * Rows for the plugin's pages: its readers lose a row that holds a list or an object, so every value is a scalar. Pure.
 */
import { rowsOf, toBool, toInt, toNumber, toText, type Row } from '../proxmox/parse/coerce.js';
import { parseGuestResources } from '../proxmox/parse/guest-resources.js';
import { withoutSecrets } from '../proxmox/parse/secrets.js';
import { inOneOrder, propertyText, sortedRows } from '../proxmox/parse/sets.js';

export type FlatRow = Readonly<Record<string, string | number | boolean | null>>;

/** What the rows of one session are listed under. */
export interface NamedRows {
  readonly name: string;
  readonly rows: readonly FlatRow[];
}

function scalar(value: unknown): string | number | boolean | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : (propertyText(value) ?? JSON.stringify(value));
}

export function flatten(row: Row): FlatRow {
  return Object.fromEntries(
    Object.entries(withoutSecrets(inOneOrder(row))).map(([key, value]) => [key, scalar(value)]),
  );
}

export function withoutNulls(row: FlatRow): FlatRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

/** How the fields of lists are read, whatever they are written as: a guest may be called 4711, a VMID be text. */
const texts = [
  'content', 'hastate', 'id', 'level', 'location', 'lock', 'name', 'network', 'network-type', 'node', 'plugintype', 'pool',
  'qmpstatus', 'sdn', 'ssl_fingerprint', 'status', 'storage', 'tags', 'type', 'zone-type',
]; // prettier-ignore
const wholes = [
  'cgroup-mode', 'disk', 'diskread', 'diskwrite', 'maxdisk', 'maxmem', 'maxswap', 'mem', 'memhost', 'netin', 'netout', 'pid',
  'shared', 'swap', 'template', 'uptime', 'vmid',
]; // prettier-ignore
const measures = ['cpu', 'cpus', 'maxcpu'];

const readers = new Map<string, (value: unknown) => string | number | null>([
  ...texts.map((key) => [key, toText] as const),
  ...wholes.map((key) => [key, toInt] as const),
  ...measures.map((key) => [key, toNumber] as const),
]);

function readAs(key: string, value: FlatRow[string]): FlatRow[string] {
  const read = readers.get(key);
  return read === undefined ? value : read(value);
}

/** A row of a list of guests, nodes or storages: text where names stand, numbers where figures do, null for what is neither. */
const typed = (row: FlatRow): FlatRow =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [key, readAs(key, value)]));

const resourceKeys = [
  'cgroup_mode', 'content', 'cpu', 'disk', 'hastate', 'id', 'level', 'maxcpu', 'maxdisk', 'maxmem', 'mem',
  'name', 'node', 'plugintype', 'pool', 'status', 'storage', 'type', 'uptime', 'vmid',
]; // prettier-ignore
const storageKeys = [
  'type', 'storage', 'path', 'content', 'digest', 'nodes', 'prune-backups', 'shared', 'export', 'server', 'disable',
  'pool', 'sparse', 'username', 'datastore', 'fingerprint', 'mountpoint',
]; // prettier-ignore
/** What the status daemon of a node broadcasts: not known while it does not. */
const figureKeys = [
  'cpu', 'disk', 'diskread', 'diskwrite', 'maxcpu', 'maxdisk', 'maxmem', 'mem', 'name', 'netin', 'netout', 'template',
  'uptime',
]; // prettier-ignore

const nulls = (keys: readonly string[]): FlatRow => Object.fromEntries(keys.map((key) => [key, null]));

/** A guest that is listed without being described has no figures, not figures of 0. */
export function resourceRow(row: Row): FlatRow {
  const read = { ...nulls(resourceKeys), ...typed(flatten(row)) };
  const [guest] = parseGuestResources([row]);
  // The figures of a place-holder are what Proxmox says of it.
  if (guest?.isDescribed !== false || guest.unfinished !== undefined) return read;
  return { ...read, ...nulls(figureKeys.filter((key) => Object.hasOwn(read, key))) };
}

/** A row of `nodes/{node}/qemu` or `lxc`. */
export const guestRow = (row: Row): FlatRow => typed(flatten(row));

/** Bytes; null: nobody says so. */
interface Usage {
  readonly total: number | null;
  readonly used: number | null;
  readonly avail: number | null;
}

/**
 * What is on a storage and what is free, from rows of nodes that have figures: a shared storage is counted once, a local one
 * on each node. What is free is told apart: blocks may be reserved, so it is less than the rest.
 */
function usageOf(storage: Row, { resources, statuses }: StorageFigures): Usage {
  const isOwn = (row: Row): boolean => toText(row.storage) === toText(storage.storage);
  const told = resources.filter((row) => isOwn(row) && toInt(row.maxdisk) !== null && toText(row.status) !== 'unknown');
  const active = statuses.filter((row) => isOwn(row) && toBool(row.active) === true);
  const isShared = [storage, ...told, ...active].some((row) => toBool(row.shared) === true);
  const sum = (rows: readonly Row[], key: string): number | null => {
    const counted = (isShared ? rows.slice(0, 1) : rows).flatMap((row) => toInt(row[key]) ?? []);
    return counted.length === 0 ? null : counted.reduce((total, bytes) => total + bytes, 0);
  };
  return { total: sum(told, 'maxdisk'), used: sum(told, 'disk'), avail: sum(active, 'avail') };
}

export interface StorageFigures {
  /** The storage rows of `cluster/resources`. */
  readonly resources: readonly Row[];
  /** Rows of `nodes/{node}/storage`, of all nodes that answered. */
  readonly statuses: readonly Row[];
}

/** A configuration row with its usage in bytes. */
export function storageRow(storage: Row, figures: StorageFigures): FlatRow {
  return { ...nulls(storageKeys), ...typed(flatten(storage)), ...usageOf(storage, figures) };
}

/** Several endpoints may be nodes of one cluster: one list per name, each id once, in the order of the ids. */
export function mergeByName(
  parts: readonly NamedRows[],
  id: string,
): readonly Readonly<Record<string, readonly FlatRow[]>>[] {
  const byName = new Map<string, Map<unknown, FlatRow>>();
  for (const { name, rows } of parts) {
    const known = byName.get(name) ?? new Map<unknown, FlatRow>();
    rows.filter((row) => !known.has(row[id])).forEach((row) => known.set(row[id], row));
    byName.set(name, known);
  }
  return [...byName].map(([name, rows]) => ({ [name]: sortedRows([...rows.values()], id) }));
}

/** The rows of an answer of `nodes`, one per node. */
export function nodeRows(answer: unknown): readonly FlatRow[] {
  return rowsOf(answer).map((row) => typed(flatten(row)));
}
