/** What was found out about NetBox, and what is told of it (wire names, as in the answer of the route). */
import type { Problem as AnyProblem } from '../doctor/problem.js';
import type { NetBoxEndpoint } from '../endpoints/types.js';
import type { ErrorCode } from '../errors/catalog.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import type { Action } from '../netbox/actions.js';
import type { Purpose } from '../netbox/rights.js';
import type { NetBoxStatus } from '../netbox/types.js';

/** What NetBox says of the token at one list of the REST API. `absent`: this release or plugin does not have it. */
export type Reach =
  | { readonly kind: 'open'; readonly view: boolean; readonly add: boolean; readonly change: boolean }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly error: ProxboxError };

/** An enabled object permission of the token's user or of a group of it. */
export interface Grant {
  /** `app.model`. */
  readonly models: readonly string[];
  readonly actions: readonly string[];
  /** It covers only objects that meet its constraints; undefined: NetBox does not show that. */
  readonly isConditional: boolean | undefined;
}

/** A custom field without which NetBox takes no new object, and for which it has no value of its own. */
export interface RequiredField {
  readonly name: string;
  readonly models: readonly string[];
}

export interface OpenNetBox {
  /** As the service asks it, without a slash at the end. */
  readonly url: string;
  readonly status: NetBoxStatus;
  /** NetBox's clock less ours, in seconds; null: it does not tell. */
  readonly clockDifferenceS: number | null;
  /** Whose the token is; null: not told. */
  readonly user: { readonly id: number; readonly name: string } | null;
  readonly reach: ReadonlyMap<string, Reach>;
  readonly grants: readonly Grant[];
  /** False: groups or constraints are not shown to the token. */
  readonly hasAllGrants: boolean;
  /** null: not told. */
  readonly requiredFields: readonly RequiredField[] | null;
  /** Objects that NetBox gives at once at most; null: as many as are asked for. */
  readonly pageSize: number | null;
  /** Why the plugin's settings cannot be read; null: they can, or there is no plugin. */
  readonly settingsError: ProxboxError | null;
}

export interface Findings {
  readonly endpoint: NetBoxEndpoint;
  readonly answer:
    { readonly ok: true; readonly open: OpenNetBox } | { readonly ok: false; readonly error: ProxboxError };
}

export type ProblemCode =
  | ErrorCode
  | 'version_not_examined'
  | 'plugin_missing'
  | 'token_read_only'
  | 'token_v1'
  | 'permissions_missing'
  | 'permissions_conditional'
  | 'permissions_unknown'
  | 'permissions_optional'
  | 'required_custom_field'
  | 'settings_unreadable'
  | 'page_size_small'
  | 'clock_differs'
  | 'read_failed';

export type Problem = AnyProblem<ProblemCode>;

export interface RightReport {
  /** `dcim.add_device`. */
  readonly permission: string;
  readonly object_type: string;
  readonly action: Action;
  readonly purpose: Purpose;
  /** `conditional`: for some objects only. `unknown`: NetBox does not tell. `absent`: this NetBox has no such objects. */
  readonly state: 'present' | 'missing' | 'conditional' | 'unknown' | 'absent';
  readonly without: string;
}

export interface NetBoxDoctorReport {
  /** Neither errors nor warnings. */
  readonly ok: boolean;
  /** null: none is stored. */
  readonly endpoint_id: number | null;
  readonly endpoint: string;
  /** NetBox answered, whatever it said. */
  readonly reachable: boolean;
  readonly version: string | null;
  /** Version of netbox-proxbox. */
  readonly plugin_version: string | null;
  readonly branching: boolean;
  readonly user: string | null;
  readonly token_version: string | null;
  /** Positive: NetBox is ahead. */
  readonly clock_difference_seconds: number | null;
  readonly page_size: number | null;
  readonly rights: readonly RightReport[];
  readonly problems: readonly Problem[];
}
