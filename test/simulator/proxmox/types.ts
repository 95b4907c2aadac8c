import type { SimulatedConsole } from './consoles.js';
import type { EstateCluster } from '../estate/index.js';

/**
 * Ready-made permissions of the default user and of its token, both on `/` with propagation.
 * `read-only` is the documented role: the audit privileges and the agent privilege of the version.
 * `no-pools-and-bridges`: that role as it was before it had `Pool.Audit` and `SDN.Audit`.
 * `token-without-acl`: the user may read, its privilege-separated token has no entry of its own and sees nothing.
 */
export type AclPreset = 'full' | 'read-only' | 'no-pools-and-bridges' | 'no-agent' | 'nothing' | 'token-without-acl';

export interface AclEntry {
  /** `/`, `/vms/100`, `/nodes/pve1`, `/storage/local`. */
  readonly path: string;
  readonly privileges: readonly string[];
  /** The name of a role that exists, in place of the privileges; default one that is made of them. */
  readonly role?: string;
  /** Also below the path; default true. */
  readonly propagate?: boolean;
}

export interface SimulatedToken {
  readonly name: string;
  readonly value: string;
  /** With privilege separation (the default) the token has at most what both it and its user are granted. */
  readonly privilegeSeparation?: boolean;
  readonly acl?: readonly AclEntry[];
}

export interface SimulatedUser {
  /** `name@realm`; realms `pam` and `pve` exist. `root@pam` may do everything. */
  readonly userid: string;
  readonly password: string;
  /** The password login answers `NeedTFA` and a partial ticket. */
  readonly needsTfa?: boolean;
  readonly acl?: readonly AclEntry[];
  readonly groups?: readonly string[];
  readonly tokens?: readonly SimulatedToken[];
}

export type CertificateKind = 'self-signed' | 'wrong-host' | 'expired';

/** Both in PEM form. */
export interface CertificatePair {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface ProxmoxSimulatorOptions {
  readonly cluster: EstateCluster;
  /** Added to every answer; a pair is a range, spread evenly over the requests. */
  readonly latencyMs?: number | readonly [number, number];
  /** Permissions of the default user; default `full`. */
  readonly acl?: AclPreset;
  /** Further users. */
  readonly users?: readonly SimulatedUser[];
  /** Entries of the access control list by group. */
  readonly groups?: Readonly<Record<string, readonly AclEntry[]>>;
  /** Privileges by role, besides those that Proxmox and the preset bring along. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /**
   * `self-signed` (default) is valid for `localhost`, `127.0.0.1` and `::1`; see `certificate` to trust it. Or one of your
   * own, such as one that a private authority signed.
   */
  readonly tls?: CertificateKind | CertificatePair;
  /** Epoch milliseconds; default the system's time. */
  readonly now?: () => number;
  /** Default 7200. */
  readonly ticketTtlS?: number;
  /** How long a started task runs, by `now`; default 1000. */
  readonly taskDurationMs?: number;
  /** Seed of the order in which keys, members of sets and rows of unordered lists come, another one in each answer. */
  readonly hashSeed?: number;
  /** Name of the node that answers (`local: 1`); default the first one online. */
  readonly answeringNode?: string;
}

export type FaultAction =
  | { readonly status: number; readonly reason?: string; readonly body?: unknown }
  /** Waits, then answers as usual. */
  | { readonly delayMs: number }
  /** Waits until this has happened, then answers as usual. */
  | { readonly until: Promise<unknown> }
  /** `reset`: the connection is torn down. `truncate`: half of the answer, then torn down. `html`: 200 with a web page.
   * `hang`: never answers. `empty`: 200 with `{"data":[]}`. */
  | 'reset'
  | 'truncate'
  | 'html'
  | 'hang'
  | 'empty';

export interface Fault {
  readonly match: {
    readonly method?: string;
    /** Tested against the path after `/api2/json`, without the query: `/nodes/pve1/qemu/100/config`. */
    readonly path?: RegExp;
    /** Acts this many times, then never again; default always. */
    readonly times?: number;
    /** Acts on this share of the matching requests, by a seeded generator; default 1. */
    readonly probability?: number;
  };
  readonly action: FaultAction;
}

export interface LoggedRequest {
  readonly method: string;
  /** After `/api2/json`, decoded, without the query. */
  readonly path: string;
  readonly query: string;
  /** Path template of the route, or the path itself when no route matched. */
  readonly template: string;
  /** Absent while the answer is under way and for torn-down connections. */
  status?: number;
  /** Who asked: `user@realm`, `user@realm!token` or empty. */
  user: string;
}

export interface ProxmoxSimulator {
  /** The served cluster: change it with the mutation helpers of the estate. */
  readonly state: EstateCluster;
  /** `https://127.0.0.1:{port}`, or the host given to `listen`; empty before `listen` and after `close`. */
  readonly url: string;
  readonly port: number;
  /** Certificate in PEM form, for clients that verify. */
  readonly certificate: string;
  readonly username: string;
  readonly password: string;
  readonly tokenName: string;
  readonly tokenValue: string;
  /** Requests by `GET /nodes/{node}/qemu/{vmid}/config`-like key since the last reset. */
  readonly counters: {
    readonly byRoute: ReadonlyMap<string, number>;
    readonly total: number;
    readonly maxConcurrency: number;
  };
  resetCounters(): void;
  /** The last 10,000 requests, oldest first. */
  readonly requestLog: readonly LoggedRequest[];
  readonly faults: { add(fault: Fault): void; clear(): void };
  /** Every console that was asked for, oldest first. */
  readonly consoles: readonly SimulatedConsole[];
  /** Binds 127.0.0.1 (or another loopback address) and resolves with the port; 0 picks a free one. */
  listen(port?: number, host?: string): Promise<number>;
  /** Ends open connections, hanging ones too. */
  close(): Promise<void>;
}
