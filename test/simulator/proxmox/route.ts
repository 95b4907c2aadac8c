import type { EstateCluster, EstateGuest, GuestKind, PveProfile } from '../estate/index.js';
import type { Permissions, Principal } from './acl.js';
import { ApiError } from './api-error.js';
import type { AccessBook } from './access-book.js';
import type { ConsoleOffice } from './consoles.js';
import type { Authentication } from './authentication.js';
import type { ParameterRules, ParameterValues } from './parameters.js';
import type { TaskRunner } from './task-runner.js';

/** What a handler works with. */
export interface Call {
  readonly cluster: EstateCluster;
  /** Values of the placeholders in the path template. */
  readonly place: Readonly<Record<string, string>>;
  readonly parameters: ParameterValues;
  readonly principal: Principal;
  readonly permissions: Permissions;
  readonly nowS: number;
  /** Name of the node that answers. */
  readonly localNode: string;
  readonly tasks: TaskRunner;
  readonly consoles: Pick<ConsoleOffice, 'issue'>;
  readonly authentication: Authentication;
  readonly access: AccessBook;
  /** Further keys beside `data` in the answer, e.g. `total`. */
  readonly attributes: Record<string, unknown>;
  /** Asks for the answer to be sent later. */
  delayMs: number;
}

/** One row of the route table. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api2/json`, placeholders in braces: `/nodes/{node}/qemu/{vmid}/config`. */
  readonly path: string;
  readonly parameters?: ParameterRules;
  /** Checked on `at` (placeholders filled in) before anything else; the handler may check more. */
  readonly permission?: {
    readonly at: string;
    readonly all?: readonly string[];
    /** One of them is enough. */
    readonly any?: (profile: PveProfile) => readonly string[];
  };
  /** Versions that have the route; others answer 501. */
  readonly profiles?: readonly PveProfile[];
  /** No authentication (the login itself and nothing else). */
  readonly open?: boolean;
  /** The daemon streams the answer of a program, which is always gzip. */
  readonly isCompressed?: boolean;
  readonly handler: (call: Call) => unknown;
}

/** The placeholder's value; a template without it is a mistake in the table. */
export function placeOf(call: Call, name: string): string {
  const value = call.place[name];
  if (value === undefined) throw new Error(`the path template has no {${name}}`);
  return value;
}

/** The guest a path names, or the 500 that Proxmox gives when its configuration file is not on that node. */
export function guestAt(call: Call, type: GuestKind): EstateGuest {
  const node = placeOf(call, 'node');
  const vmid = placeOf(call, 'vmid');
  const guest = call.cluster.guests.get(Number(vmid));
  if (guest?.type !== type || guest.node !== node) {
    const folder = type === 'qemu' ? 'qemu-server' : 'lxc';
    throw new ApiError(500, `Configuration file 'nodes/${node}/${folder}/${vmid}.conf' does not exist`);
  }
  return guest;
}

/** Seconds since the start, 0 for a guest that does not run. */
export function uptimeOf(guest: EstateGuest, nowS: number): number {
  return guest.status === 'stopped' ? 0 : Math.max(1, Math.floor(nowS) - guest.startedAtS);
}
