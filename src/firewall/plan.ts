/** From what a list has and what a body asks for to the one call that makes it so, or to none. Pure. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { toInt, toText, type Row } from '../proxmox/parse/coerce.js';
import { bareAddress, itemPath, objectTable, type ObjectName, type Values } from './objects.js';
import type { Wanted } from './body.js';
import { longestPorts } from './rows.js';

export interface FirewallCall {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly parameters: Values;
}

/** One list of the firewall. */
export interface ListPlace {
  readonly object: ObjectName;
  /** Proxmox's path. */
  readonly list: string;
}

/** A position is counted among what is there, so that the last one is the last. */
export function targetIndex(key: string, count: number): number {
  return Math.min(toInt(key) ?? 0, count);
}

const normalized = (name: string, value: unknown): string => {
  const text = toText(value) ?? '';
  return name === 'cidr' ? bareAddress(text) : text;
};

/** A member that does not say that it is an exception is none. */
const current = (name: string, row: Row): string => normalized(name, row[name] ?? (name === 'nomatch' ? 0 : undefined));

/** The plugin keeps no more of a list of ports than its column holds; what it cut is not what somebody asked for. */
function uncut(values: Values, row: Row): Values {
  const whole = (['dport', 'sport'] as const).flatMap((name) => {
    const [asked, live] = [String(values[name] ?? ''), toText(row[name]) ?? ''];
    return asked.length === longestPorts && live.startsWith(asked) ? [[name, live] as const] : [];
  });
  return { ...values, ...Object.fromEntries(whole) };
}

/** Whether a row says all that is asked for and, for a whole body, no more. */
export function isAsWanted(object: ObjectName, row: Row, values: Values): boolean {
  return changedNames(row, values).length === 0 && clearedNames(object, row, values).length === 0;
}

function changedNames(row: Row, values: Values): readonly string[] {
  const names = Object.keys(values);
  return names.filter((name) => normalized(name, values[name]) !== current(name, row));
}

/** Fields that Proxmox would keep because the body leaves them out. */
function clearedNames(object: ObjectName, row: Row, values: Values): readonly string[] {
  const { isWhole, fields } = objectTable[object];
  if (!isWhole(values)) return [];
  const kept: readonly string[] = ['type', 'action', 'enable'];
  const isSet = (name: string): boolean => !['', ...(name === 'nomatch' ? ['0'] : [])].includes(current(name, row));
  return fields.filter((name) => values[name] === undefined && !kept.includes(name) && isSet(name));
}

/** A new one, without its place among the others. */
export function creation({ object, list }: ListPlace, { key, values }: Wanted): FirewallCall {
  const { key: field } = objectTable[object];
  const named = field === null || field === 'pos' ? {} : { [field]: key };
  return { method: 'POST', path: list, parameters: { ...named, ...values } };
}

/** Rules are made at the top: this puts the one there where it was asked for. */
export function move({ list }: ListPlace, index: number, digest: string | null): FirewallCall {
  // Proxmox counts where it is to go before it is taken away from the top.
  const parameters = { moveto: index + 1, ...(digest === null ? {} : { digest }) };
  return { method: 'PUT', path: `${list}/0`, parameters };
}

/** Undefined: it is as it is asked for. */
export function change(place: ListPlace, wanted: Wanted, row: Row): FirewallCall | undefined {
  const { object } = place;
  const values = uncut(wanted.values, row);
  if (isAsWanted(object, row, values)) return undefined;
  const digest = toText(row.digest);
  const sealed = digest === null ? {} : { digest };
  const { change: how, key: field, item } = objectTable[object];
  const name = field === null || field === 'pos' ? wanted.key : (toText(row[field]) ?? wanted.key);
  if (how === 'rename') {
    const parameters = { [field ?? '']: name, rename: name, comment: values['comment'] ?? '', ...sealed };
    return { method: 'POST', path: place.list, parameters };
  }
  const path = itemPath(object, place.list, name);
  // Options are sent as far as they differ; of everything else Proxmox takes the whole.
  const sent = item === null ? onlyChanged(row, values) : values;
  const cleared = field === 'pos' ? clearedNames(object, row, values) : [];
  return {
    method: 'PUT',
    path,
    parameters: { ...sent, ...(cleared.length === 0 ? {} : { delete: cleared.join(',') }), ...sealed },
  };
}

function onlyChanged(row: Row, values: Values): Values {
  const changed = changedNames(row, values);
  return Object.fromEntries(Object.entries(values).filter(([name]) => changed.includes(name)));
}

export function removal({ object, list }: ListPlace, key: string, row: Row, isForced: boolean): FirewallCall {
  const digest = toText(row.digest);
  const hasDigest = objectTable[object].change === 'put' && digest !== null;
  return {
    method: 'DELETE',
    path: itemPath(object, list, key),
    parameters: { ...(hasDigest ? { digest } : {}), ...(isForced && object === 'ipsets' ? { force: 1 } : {}) },
  };
}

interface RuleScope {
  readonly types: readonly string[];
  readonly of: string;
  readonly isGuest: boolean;
}

const longestAction = 20;

const said = (values: Values, name: string): string => String(values[name] ?? '');

/** What Proxmox refuses of a rule in words that do not name the field, or takes without heeding it. */
const ruleChecks: readonly {
  readonly fails: (values: Values, scope: RuleScope) => boolean;
  readonly text: (scope: RuleScope) => string;
}[] = [
  {
    fails: (values, { types }) => said(values, 'type') !== '' && !types.includes(said(values, 'type')),
    text: ({ of, types }) => `type: a rule of ${of} is one of ${types.join(', ')}`,
  },
  {
    fails: (values) => said(values, 'action').length > longestAction,
    text: () => `action: at most ${longestAction} characters`,
  },
  {
    fails: (values) => said(values, 'type') === 'forward' && said(values, 'action') === 'REJECT',
    text: () => 'action: a forward rule cannot be REJECT; use DROP',
  },
  {
    fails: (values, { isGuest }) => isGuest && values['iface'] !== undefined && !/^net\d+$/.test(said(values, 'iface')),
    text: () => 'iface: a network device of the guest, such as net0',
  },
  {
    fails: ({ dport, sport, proto, macro }) => (dport ?? sport) !== undefined && (proto ?? macro) === undefined,
    text: () => 'proto: ports need a protocol, such as tcp',
  },
];

/** @throws ProxboxError `invalid_firewall_value` */
export function checkRule(values: Values, scope: RuleScope): void {
  const problems = ruleChecks.filter(({ fails }) => fails(values, scope)).map(({ text }) => text(scope));
  if (problems.length === 0) return;
  const detail = `${problems.join('; ')}. Nothing was sent.`;
  throw new ProxboxError('invalid_firewall_value', 'A value of the rule is not valid.', { detail });
}

/** What the rule will be: a body that is no whole keeps the rest. */
export function mergedRule(values: Values, row: Row | undefined): Values {
  if (row === undefined || objectTable.rules.isWhole(values)) return values;
  const kept = objectTable.rules.fields.flatMap((name): readonly [string, string][] => {
    const text = toText(row[name]);
    return text === null ? [] : [[name, text]];
  });
  return { ...Object.fromEntries(kept), ...values };
}
