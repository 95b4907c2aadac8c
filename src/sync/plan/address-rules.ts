/** Which fields of a stored address a sync may write: on rows of ours more than on those of operators. Pure. */
import ipaddr from 'ipaddr.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { Change, Reason, RulesOf } from '../types.js';
import type { Ownership } from './address-ownership.js';
import type { KnownIds } from './diff-object.js';
import type { NetworkOptions, SyncOptions } from './options.js';
import { isOurs, operatorDataOf } from './ownership.js';

/**
 * An operator's row gets the assignment, and a name where it has none. Ours follow the guest, by the flags of the run; mask
 * and name only while nothing of an operator is on the row, since then nobody can tell who chose them. `dnsNames`: those
 * that the guest of a row gave it, now or earlier; any other name is an operator's.
 */
export function addressRules(
  { overwrite }: Pick<SyncOptions, 'overwrite'>,
  decision: Ownership,
  supportIds: KnownIds,
  dnsNames: ReadonlySet<string> = new Set(),
): RulesOf<'ip-address'> {
  if (!('record' in decision)) return {};
  const { action, record } = decision;
  const writesName = overwrite.overwrite_ip_address_dns_name;
  const kept = { address: 'create-only', status: 'create-only', dns_name: 'create-only', tags: 'create-only' } as const;
  if (!isOurs('ip-address', record, { supportIds }))
    return { ...kept, dns_name: writesName ? 'if-unset' : 'create-only' };
  const isOperators = hasOperatorData(record, supportIds);
  const isNameOurs = !isOperators && dnsNames.has(record.dns_name.toLowerCase());
  return {
    ...kept,
    address: action === 'adopt' || isOperators ? 'create-only' : 'always',
    ...(overwrite.overwrite_ip_status ? { status: 'always' } : {}),
    ...(writesName ? { dns_name: isNameOurs ? 'always' : 'if-unset' } : {}),
  };
}

/** Whether an operator put something on a row, its name aside: who gave that is asked only where it matters. */
function hasOperatorData(record: RecordOf<'ip-address'>, supportIds: KnownIds): boolean {
  return operatorDataOf('ip-address', { ...record, dns_name: '' }, { supportIds }).length > 0;
}

/** Why an address is not written: somebody else has it, or its row would come with a mask that NetBox does not take there. */
export function refusalOf(decision: Ownership, label: string): Reason | undefined {
  if (decision.action === 'conflict') return decision.reason;
  if (decision.action !== 'move' && decision.action !== 'adopt') return undefined;
  const { address } = decision.record;
  const why = whyUnusable(address);
  return why === undefined ? undefined : unusableReason(address, `${label}, as NetBox has it,`, why);
}

/** Whether the address is on the interface when the plan was applied: what a mode keeps a sync from taking is not. */
export function isPlaced(action: Change['action'], decision: Ownership): boolean {
  return action !== 'refuse' && (action !== 'skip' || decision.action === 'reuse');
}

/** By the names of ipaddr.js. `ipv4Mapped` is how programs write IPv4 in IPv6 sockets (RFC 4291, 2.5.5.2). */
const neverOnInterfaces: ReadonlySet<string> = new Set([
  'loopback',
  'unspecified',
  'multicast',
  'broadcast',
  'ipv4Mapped',
]);

/** Whether a host address is of a kind that NetBox should not hold. `host` without its prefix. */
export function isIgnored(host: string, { ignoreIpv6LinkLocal }: Pick<NetworkOptions, 'ignoreIpv6LinkLocal'>): boolean {
  const range = ipaddr.parse(host).range();
  return neverOnInterfaces.has(range) || (range === 'linkLocal' && ignoreIpv6LinkLocal);
}

/** Why NetBox would not have an address on an interface; undefined: it would. `address` with its prefix. */
export function whyUnusable(address: string): string | undefined {
  const [host = '', prefix = ''] = address.split('/', 2);
  if (!ipaddr.isValid(host)) return 'is no address';
  const bytes = ipaddr.parse(host).toByteArray();
  const length = Number(prefix);
  if (length === 0) return 'has a mask of 0 bits';
  if (length >= bytes.length * 8 - 1) return undefined;
  const hostBits = bytes.flatMap((byte, index) =>
    [7, 6, 5, 4, 3, 2, 1, 0].flatMap((bit) => (index * 8 + 7 - bit < length ? [] : [(byte >> bit) & 1])),
  );
  if (hostBits.every((bit) => bit === 0)) return 'is the address of its network itself';
  return bytes.length === 4 && hostBits.every((bit) => bit === 1)
    ? 'is the broadcast address of its network'
    : undefined;
}

/** The reason of an address that is not sent, because NetBox would refuse it on an interface. */
export function unusableReason(address: string, label: string, why: string): Reason {
  return {
    code: 'address_ignored',
    message: `${address} of ${label} ${why}, which NetBox does not take on an interface; it was left out. If it is meant, correct its mask.`,
  };
}
