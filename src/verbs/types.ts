/** What an operational verb is, and what it works with. */
import type { ZodType } from 'zod';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import type { ErrorCode } from '../errors/catalog.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import type { ConnectedSession } from '../proxmox/session.js';
import type { GuestType } from '../proxmox/types.js';

/** A verb as somebody asked for it. The gate has been passed. */
export interface VerbCall {
  readonly endpoint: ProxmoxEndpoint;
  /** The number by which the request named the endpoint; answers repeat it. */
  readonly endpointId: number;
  /** What the request said that this number is. */
  readonly endpointIdKind: 'plugin' | 'backend' | undefined;
  readonly type: GuestType;
  readonly vmid: number;
  /** Checked by the verb. */
  readonly body: unknown;
  /** Who asked, for the journal. */
  readonly actor: string;
  readonly idempotencyKey: string | undefined;
}

/** Where the guest is. */
export interface GuestPlace {
  readonly session: ConnectedSession;
  readonly node: string;
  readonly type: GuestType;
  readonly vmid: number;
  /** `nodes/pve1/qemu/100`. */
  readonly path: string;
}

/** Keys of the answer that only this verb has. */
export type Told = Readonly<Record<string, unknown>>;

/** The verb ends here without having been sent to Proxmox: nothing to do, or refused. */
export interface Settled {
  readonly result:
    'already_running' | 'already_stopped' | 'already_suspended' | 'already_ended' | 'unchanged' | 'rejected';
  /** Set when refused: gives status and `reason`. */
  readonly code?: ErrorCode;
  readonly detail?: string;
  readonly told?: Told;
}

/** A verb with its parameters. */
export interface VerbAction {
  /** Looks before anything is sent to Proxmox; throws ProxboxError when it cannot. */
  readonly check?: (place: GuestPlace) => Promise<Settled | undefined>;
  /** Sends the verb. Answers the `data` of Proxmox, usually a UPID. */
  readonly dispatch: (place: GuestPlace) => Promise<unknown>;
  readonly told?: (place: GuestPlace, upid: string | null) => Told;
  /** What the journal entry says of the parameters, once the verb was sent; one line. */
  readonly note?: () => string;
}

/** A row of the table of verbs. */
export interface Verb {
  readonly name: string;
  /** For the API document. */
  readonly summary: string;
  /** What the API document says of its body; absent: it takes none. `plan` reads it. */
  readonly body?: ZodType;
  /** The only type of guest that has it; default both. */
  readonly only?: GuestType;
  /** Reads the parameters. Throws ProxboxError (400) before anybody was asked anything. */
  readonly plan: (call: VerbCall) => VerbAction;
  readonly accepted: { readonly status: 200 | 202; readonly result: 'ok' | 'accepted' | 'cancel_requested' };
  readonly failed: {
    readonly code: ErrorCode;
    readonly result: 'failed' | 'cancel_failed';
    /** A code of its own for what Proxmox refused with certainty; default `code`. */
    readonly refusal?: (cause: ProxboxError) => ErrorCode | undefined;
  };
  /** What the failure of `check` is called. */
  readonly checkFailed: ErrorCode;
  /** A repeated Idempotency-Key gets the stored answer. */
  readonly isIdempotent: boolean;
}

export interface VerbAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
