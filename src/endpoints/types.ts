/** The stored endpoints as the rest of the service sees them. Secrets are decrypted on demand, by the stores' `credentials`. */
import type { Secret } from '../config/secret.js';
import type { toNetBoxEndpoint, toProxmoxEndpoint } from './records.js';

export type { Placement } from './records.js';

export type NetBoxEndpoint = ReturnType<typeof toNetBoxEndpoint>;
export type ProxmoxEndpoint = ReturnType<typeof toProxmoxEndpoint>;

/** Throws `credentials_unreadable` from the store instead of carrying ciphertext. */
export interface NetBoxCredentials {
  readonly tokenKey: Secret | null;
  readonly token: Secret;
}

export interface ProxmoxCredentials {
  readonly password: Secret | null;
  readonly tokenName: string | null;
  readonly tokenValue: Secret | null;
}

/**
 * Asked right before a write is sent. Throws `endpoint_writes_disabled` (403) or, when that cannot be found out,
 * `netbox_session_unavailable` (502): then nothing may be sent.
 */
export type ConfirmWrites = (endpoint: Pick<ProxmoxEndpoint, 'id' | 'name'>) => Promise<void>;
