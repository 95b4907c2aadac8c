/** Where there is a firewall, and what its routes have in common. */
import { firewallAt, type EstateFirewall, type PveProfile, type PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { ParameterRules } from '../parameters.js';
import type { Call, Route } from '../route.js';

type Permission = NonNullable<Route['permission']>;

export interface Place {
  readonly base: string;
  readonly profiles?: readonly PveProfile[];
  readonly audit: Permission;
  readonly modify: Permission;
  readonly types: readonly string[];
  readonly iface?: RegExp;
  readonly at: (call: Call) => string;
  /** None: a VNet has rules alone here. */
  readonly options?: ParameterRules;
  readonly hasNames: boolean;
}

export function bookOf(place: Place, call: Call): EstateFirewall {
  return firewallAt(call.cluster, place.at(call));
}

export function withComment(row: PveRow, comment: unknown): PveRow {
  return comment === '' || comment === undefined ? row : { ...row, comment };
}

export function refuse(name: string, text: string): never {
  throw new ApiError(400, 'Parameter verification failed.', { [name]: text });
}

export const ipversionOf = (cidr: unknown): 4 | 6 => (String(cidr).includes(':') ? 6 : 4);

/** A single address is kept without its length. */
export const cleanCidr = (cidr: unknown): string =>
  String(cidr).replace(ipversionOf(cidr) === 4 ? /\/32$/ : /\/128$/, '');
