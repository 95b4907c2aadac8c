/** Rows of the firewall as the plugin reads them: every key present, in the plugin's names. Pure. */
import { field, toBool, toInt, toText, type Row } from '../proxmox/parse/coerce.js';

/** Which cluster a row is of. Where a single one is read nobody needs to be told: then all of it is null. */
export interface Label {
  readonly cluster_name: string | null;
  readonly zone: 'datacenter' | null;
  readonly status: 'ok' | null;
}

export const noLabel: Label = { cluster_name: null, zone: null, status: null };

/** Only the firewalls of datacenters are read of several clusters at once, so nothing else is ever told here. */
const nowhere = { node: null, vmid: null } as const;

/** What the plugin's column of ports holds. */
export const longestPorts = 128;

const portsOf = (row: Row, key: 'dport' | 'sport'): string | null => toText(row[key])?.slice(0, longestPorts) ?? null;

/** `enable` is 0 or 1: the plugin takes a rule that does not say it for enabled. */
export function ruleRow(label: Label, row: Row, group: string | null = null) {
  const { status, ...place } = label;
  return {
    ...place,
    ...nowhere,
    security_group: group,
    pos: toInt(row.pos),
    type: toText(row.type),
    action: toText(row.action),
    enable: toInt(row.enable) ?? 0,
    macro: toText(row.macro),
    iface: toText(row.iface),
    source: toText(row.source),
    dest: toText(row.dest),
    proto: toText(row.proto),
    dport: portsOf(row, 'dport'),
    sport: portsOf(row, 'sport'),
    log: toText(row.log),
    icmp_type: toText(field(row, 'icmp-type', 'icmp_type')),
    comment: toText(row.comment),
    digest: toText(row.digest),
    status,
    error: null,
  };
}

export type RuleRow = ReturnType<typeof ruleRow>;

/** Nested rules carry no name of the cluster: the plugin looks for one by its position alone. */
export function groupRow({ cluster_name, status }: Label, row: Row, rules: readonly Row[]) {
  const name = toText(row.group);
  return {
    cluster_name,
    name,
    comment: toText(row.comment),
    digest: toText(row.digest),
    rules: rules.map((rule) => ruleRow(noLabel, rule, status === null ? null : name)),
    status,
    error: null,
  };
}

export function entryRow(row: Row) {
  return { cidr: toText(row.cidr), comment: toText(row.comment), nomatch: toBool(row.nomatch) ?? false };
}

export function ipsetRow(label: Label, row: Row, entries: readonly Row[]) {
  const { status, ...place } = label;
  const { name, comment, digest } = namedOf(row);
  return { ...place, ...nowhere, name, comment, digest, entries: entries.map(entryRow), status, error: null };
}

export function aliasRow(label: Label, row: Row) {
  const { status, ...place } = label;
  const { name, comment, digest } = namedOf(row);
  return { ...place, ...nowhere, name, cidr: toText(row.cidr), comment, digest, status, error: null };
}

function namedOf(row: Row) {
  return { name: toText(row.name), comment: toText(row.comment), digest: toText(row.digest) };
}

/** Proxmox's own keys: the plugin stores all of them and sends them back, so nothing of ours may be among them. */
export function optionsOf(answer: Row): Row {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => name !== 'digest'));
}

/** Those of the datacenter, which is off unless it says otherwise. Empty would mean to the plugin that nothing was read. */
export function datacenterOptions(answer: Row): Row {
  const options = optionsOf(answer);
  return Object.keys(options).length === 0 ? { enable: 0 } : options;
}
