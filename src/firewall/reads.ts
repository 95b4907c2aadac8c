/** Reads one list of the firewall of one place, each group with its rules and each set with its members. */
import pLimit from 'p-limit';
import { toText, type Row } from '../proxmox/parse/coerce.js';
import { shapeError } from '../proxmox/failures.js';
import { listRows } from '../proxmox/reads/rows.js';
import type { ProxmoxSession, ReadOptions } from '../proxmox/types.js';
import { isObject } from '../values/plain-object.js';
import { objectTable, type ObjectName } from './objects.js';
import { basePath, type Place } from './places.js';
import {
  aliasRow,
  datacenterOptions,
  groupRow,
  ipsetRow,
  optionsOf,
  ruleRow,
  type Label,
  type RuleRow,
} from './rows.js';

/** What can be asked for by itself. */
export type ReadName = 'rules' | 'groups' | 'ipsets' | 'aliases';

/** A list with what is in each of its rows. */
interface Filled {
  readonly row: Row;
  readonly content: readonly Row[];
}

export type Reader = Pick<ProxmoxSession, 'get' | 'endpointName'>;

const width = 4;

/** The same session with few requests at a time: firewalls have many small lists. */
export function narrow({ get, endpointName }: Reader): Reader {
  const limit = pLimit(width);
  return { endpointName, get: (below, options) => limit(() => get(below, options)) };
}

/** Group by group, set by set; one that cannot be read fails all of them. */
async function filled(
  session: Reader,
  place: Place,
  [outer, inner]: readonly [outer: ObjectName, inner: ObjectName],
  options: ReadOptions,
): Promise<readonly Filled[]> {
  const base = basePath(place);
  const { key } = objectTable[outer];
  const rows = await listRows(session, objectTable[outer].list(base, ''), options);
  return Promise.all(
    rows.map(async (row) => {
      const name = toText(row[key ?? '']) ?? '';
      return { row, content: await listRows(session, objectTable[inner].list(base, name), options) };
    }),
  );
}

/** The rows, once it is known whether they have to say of which cluster they are. */
export type Labelled<T> = (label: Label) => readonly T[];

async function readRules(session: Reader, place: Place, options: ReadOptions = {}): Promise<Labelled<RuleRow>> {
  const rows = await listRows(session, objectTable.rules.list(basePath(place), ''), options);
  return (label) => rows.map((row) => ruleRow(label, row));
}

async function readGroups(session: Reader, place: Place, options: ReadOptions = {}): Promise<Labelled<Row>> {
  const groups = await filled(session, place, ['groups', 'groupRules'], options);
  return (label) => groups.map(({ row, content }) => groupRow(label, row, content));
}

async function readIpsets(session: Reader, place: Place, options: ReadOptions = {}): Promise<Labelled<Row>> {
  const sets = await filled(session, place, ['ipsets', 'entries'], options);
  return (label) => sets.map(({ row, content }) => ipsetRow(label, row, content));
}

async function readAliases(session: Reader, place: Place, options: ReadOptions = {}): Promise<Labelled<Row>> {
  const rows = await listRows(session, objectTable.aliases.list(basePath(place), ''), options);
  return (label) => rows.map((row) => aliasRow(label, row));
}

/** Proxmox's own object, flat and without its digest. */
export async function readOptions(session: Reader, place: Place, options: ReadOptions = {}): Promise<Row> {
  const below = objectTable.options.list(basePath(place), '');
  const answer = await session.get(below, options);
  if (!isObject(answer)) throw shapeError(session.endpointName, below, 'an object');
  return place.kind === 'datacenter' ? datacenterOptions(answer) : optionsOf(answer);
}

/** A list is complete, or the reader throws what the session throws. */
export const listReaders: Readonly<
  Record<ReadName, (session: Reader, place: Place, options?: ReadOptions) => Promise<Labelled<Row>>>
> = { rules: readRules, groups: readGroups, ipsets: readIpsets, aliases: readAliases };

/** All of the datacenter's firewall as the plugin stores it, under its names and under those of the Python service. */
export async function readSummary(connected: ProxmoxSession, options: ReadOptions) {
  const place = { kind: 'datacenter' } as const;
  const session = narrow(connected);
  const label: Label = { cluster_name: connected.name, zone: 'datacenter', status: 'ok' };
  const [rules, groups, ipsets, aliases, settings] = await Promise.all([
    readRules(session, place, options),
    readGroups(session, place, options),
    readIpsets(session, place, options),
    readAliases(session, place, options),
    readOptions(session, place, options),
  ]);
  const own = { rules: rules(label), ip_sets: ipsets(label), aliases: aliases(label), options: settings };
  return {
    cluster_name: connected.name,
    ...own,
    security_groups: groups(label),
    datacenter_rules: own.rules,
    datacenter_ipsets: own.ip_sets,
    datacenter_aliases: own.aliases,
    datacenter_options: settings,
    node_rules: [],
    node_options: [],
    vm_rules: [],
    vm_ipsets: [],
    vm_aliases: [],
    vm_options: [],
    status: 'ok',
    error: null,
  };
}

/** The firewall of one machine for the page of its configuration. */
export async function readGuestFirewall(session: Reader, place: Place) {
  const base = basePath(place);
  const list = (object: ObjectName) => listRows(session, objectTable[object].list(base, ''));
  const [options, rules, aliases, sets] = await Promise.all([
    readOptions(session, place),
    list('rules'),
    list('aliases'),
    filled(session, place, ['ipsets', 'entries'], {}),
  ]);
  return { options, rules, aliases, ipset: sets.map(({ row, content }) => ({ ...row, entries: content })) };
}
