/**
 * Rows for the plugin's pages: its readers lose a row that holds a list or an object, so every value is a scalar. Pure.
 */
import { rowsOf, toInt, toText, type Row } from '../proxmox/parse/coerce.js';
import { propertyText } from '../proxmox/parse/property-string.js';
import { withoutSecrets } from '../proxmox/parse/secrets.js';

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
  return Object.fromEntries(Object.entries(withoutSecrets(row)).map(([key, value]) => [key, scalar(value)]));
}

export function withoutNulls(row: FlatRow): FlatRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

const resourceKeys = [
  'cgroup_mode', 'content', 'cpu', 'disk', 'hastate', 'id', 'level', 'maxcpu', 'maxdisk', 'maxmem', 'mem',
  'name', 'node', 'plugintype', 'pool', 'status', 'storage', 'type', 'uptime', 'vmid',
]; // prettier-ignore
const storageKeys = [
  'type', 'storage', 'path', 'content', 'digest', 'nodes', 'prune-backups', 'shared', 'export', 'server', 'disable',
  'pool', 'sparse', 'username', 'datastore', 'fingerprint', 'mountpoint',
]; // prettier-ignore

const nulls = (keys: readonly string[]): FlatRow => Object.fromEntries(keys.map((key) => [key, null]));

export const resourceRow = (row: Row): FlatRow => ({ ...nulls(resourceKeys), ...flatten(row) });

interface Usage {
  readonly total: number;
  readonly used: number;
}

/** A shared storage is counted once, a local one on each node. */
function usageOf(storage: Row, resources: readonly Row[]): Usage | null {
  const own = resources.filter((row) => toText(row.storage) === toText(storage.storage));
  const counted = toInt(storage.shared) === 1 || own.some((row) => toInt(row.shared) === 1) ? own.slice(0, 1) : own;
  if (counted.length === 0) return null;
  const sum = (key: 'maxdisk' | 'disk'): number => counted.reduce((total, row) => total + (toInt(row[key]) ?? 0), 0);
  return { total: sum('maxdisk'), used: sum('disk') };
}

/** A configuration row with its usage in bytes, from the storage rows of `cluster/resources`. */
export function storageRow(storage: Row, resources: readonly Row[]): FlatRow {
  const usage = usageOf(storage, resources);
  const numbers = usage === null ? {} : { ...usage, avail: Math.max(0, usage.total - usage.used) };
  return { ...nulls(storageKeys), ...flatten(storage), ...numbers };
}

/** Several endpoints may be nodes of one cluster: one list per name, each id once. */
export function mergeByName(
  parts: readonly NamedRows[],
  idOf: (row: FlatRow) => unknown,
): readonly Readonly<Record<string, readonly FlatRow[]>>[] {
  const byName = new Map<string, Map<unknown, FlatRow>>();
  for (const { name, rows } of parts) {
    const known = byName.get(name) ?? new Map<unknown, FlatRow>();
    rows.filter((row) => !known.has(idOf(row))).forEach((row) => known.set(idOf(row), row));
    byName.set(name, known);
  }
  return [...byName].map(([name, rows]) => ({ [name]: [...rows.values()] }));
}

/** The rows of an answer of `nodes`, one per node. */
export function nodeRows(answer: unknown): readonly FlatRow[] {
  return rowsOf(answer).map(flatten);
}
