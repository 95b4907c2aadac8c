/** What was found out about an endpoint, and what is told of it (wire names, as in the answer of the route). */
import type { Problem as AnyProblem } from '../doctor/problem.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import type { AccessFacts } from '../proxmox/access.js';
import type { HostPort } from '../proxmox/host.js';
import type { Permissions } from '../proxmox/parse/permissions.js';
import type { ReadName } from '../proxmox/privileges.js';
import type { Account } from '../proxmox/credentials.js';
import type { ClusterStatus, ProxmoxVersion, SessionMode } from '../proxmox/types.js';

export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses it is for. */
  readonly names: readonly string[];
  readonly validFrom: Date;
  readonly validTo: Date;
  readonly isSelfSigned: boolean;
  /** Its chain ends in an authority that this machine or PROXBOX_CA_BUNDLE trusts, and nothing else is wrong. */
  readonly isTrusted: boolean;
  readonly isForHost: boolean;
  /** SHA-256, as Proxmox writes it: `AA:BB:...`. */
  readonly fingerprint: string;
}

/** What answered a TLS greeting on one of the hosts of an endpoint. */
export type Greeting =
  | { readonly kind: 'tls'; readonly certificate: Certificate }
  | { readonly kind: 'not_tls' | 'unreachable'; readonly reason: string };

export interface Address {
  readonly target: HostPort;
  readonly greeting: Greeting;
}

export interface ReadFinding {
  readonly read: ReadName;
  /** What was asked, below `/api2/json/`. */
  readonly path: string;
  /** `not_tried`: there is nothing to try it on. */
  readonly outcome: 'answered' | 'refused' | 'failed' | 'not_tried';
  /** Number of rows, or why not. */
  readonly detail: string;
  readonly error?: ProxboxError;
}

export interface OpenFindings {
  readonly version: ProxmoxVersion;
  readonly name: string;
  readonly mode: SessionMode;
  readonly status: ClusterStatus;
  /** null when `access/permissions` could not be read. */
  readonly permissions: Permissions | null;
  /** Privileges by role; null when `access/roles` could not be read. */
  readonly roles: ReadonlyMap<string, readonly string[]> | null;
  /** null when Proxmox does not show the account all that decides about it. */
  readonly access: AccessFacts | null;
  readonly reads: readonly ReadFinding[];
  /** Nodes that are online and whose guests are listed without name and figures. */
  readonly silentNodes: readonly string[];
  /** null when nobody could tell. */
  readonly hidden: HiddenGuests | null;
}

/** VMIDs that are in use and that the account may not see. */
export interface HiddenGuests {
  readonly vmids: readonly number[];
  /** So many VMIDs that no listed guest has were looked at. */
  readonly asked: number;
  /** There are more between those that are listed. */
  readonly isCut: boolean;
}

export interface Findings {
  readonly endpoint: ProxmoxEndpoint;
  /** null when the stored values are not enough to log in. */
  readonly account: Account | null;
  readonly addresses: readonly Address[];
  readonly session:
    { readonly ok: true; readonly open: OpenFindings } | { readonly ok: false; readonly error: ProxboxError };
}

export type ProblemCode =
  | 'unreachable'
  | 'address_unreachable'
  | 'not_proxmox'
  | 'tls_rejected'
  | 'tls_unverified'
  | 'credentials_unusable'
  | 'login_refused'
  | 'two_factor'
  | 'token_without_privileges'
  | 'privileges_missing'
  | 'privileges_partial'
  | 'privileges_unknown'
  | 'backups_hidden'
  | 'guests_hidden'
  | 'read_refused'
  | 'read_failed'
  | 'node_offline'
  | 'node_silent'
  | 'no_quorum';

/** Its commands are for root on a node of the cluster. */
export type Problem = AnyProblem<ProblemCode>;

export type TlsStatus =
  'verified' | 'expired' | 'not_yet_valid' | 'wrong_name' | 'self_signed' | 'unknown_authority' | 'no_tls' | 'unknown';

export interface AddressReport {
  readonly host: string;
  readonly port: number;
  readonly reachable: boolean;
  readonly tls: TlsStatus;
  /** Why there is no certificate to tell of; empty otherwise. */
  readonly reason: string;
  readonly certificate: {
    readonly subject: string;
    readonly issuer: string;
    readonly names: readonly string[];
    readonly valid_from: string;
    readonly valid_to: string;
    readonly fingerprint_sha256: string;
  } | null;
}

export interface PrivilegeReport {
  readonly privilege: string;
  readonly path: string;
  /** `partial`: on some objects below the path only. `unknown`: Proxmox did not tell. */
  readonly state: 'present' | 'partial' | 'missing' | 'unknown';
  /** False: needed for backups only, and more than reading. */
  readonly reader: boolean;
  readonly without: readonly string[];
}

export interface EndpointReport {
  readonly endpoint_id: number;
  readonly endpoint: string;
  /** Neither errors nor warnings. */
  readonly ok: boolean;
  /** Proxmox answered, whatever it said. */
  readonly reachable: boolean;
  readonly verify_ssl: boolean;
  readonly addresses: readonly AddressReport[];
  readonly login: {
    readonly kind: 'token' | 'password' | null;
    readonly account: string;
    /** null: it did not come to that. */
    readonly accepted: boolean | null;
  };
  readonly version: ProxmoxVersion | null;
  readonly cluster: { readonly name: string; readonly mode: SessionMode } | null;
  readonly nodes: readonly { readonly name: string; readonly online: boolean }[];
  readonly privileges: readonly PrivilegeReport[];
  readonly reads: readonly Omit<ReadFinding, 'error'>[];
  readonly problems: readonly Problem[];
}

export interface DoctorReport {
  /** There are endpoints, and all of them are well. */
  readonly ok: boolean;
  readonly endpoints: readonly EndpointReport[];
}
