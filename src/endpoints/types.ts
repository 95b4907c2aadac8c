import type { Secret } from '../security/secret.js';

/** A NetBox endpoint as the rest of the service sees it. Secrets are decrypted on demand, see `secrets()` of the store. */
export interface NetBoxEndpoint {
  readonly id: number;
  readonly name: string;
  readonly ipAddress: string;
  /** Empty when none. */
  readonly domain: string;
  readonly port: number;
  readonly tokenVersion: 'v1' | 'v2';
  readonly verifySsl: boolean;
  readonly enabled: boolean;
  /** Changes whenever a field that matters for the connection changes; part of every client and cache key. */
  readonly revision: string;
}

/** Throws `credentials_unreadable` from the store instead of carrying ciphertext. */
export interface NetBoxCredentials {
  readonly tokenKey: Secret | null;
  readonly token: Secret;
}

export interface Placement {
  readonly id: number | null;
  readonly slug: string | null;
  readonly name: string | null;
}

export interface ProxmoxEndpoint {
  readonly id: number;
  /** The plugin stores `<name> (nb:<its own id>)`. */
  readonly name: string;
  readonly ipAddress: string;
  readonly domain: string | null;
  readonly port: number;
  readonly username: string;
  readonly verifySsl: boolean;
  readonly allowWrites: boolean;
  readonly accessMethods: 'api' | 'api_ssh';
  readonly enabled: boolean;
  /** Seconds; null inherits the plugin setting `proxmox_timeout`. */
  readonly timeoutS: number | null;
  readonly maxRetries: number | null;
  /** Seconds. */
  readonly retryBackoffS: number | null;
  /** Name of the devices of its nodes; empty inherits the plugin setting. */
  readonly nodeDeviceNameTemplate: string;
  readonly site: Placement;
  readonly tenant: Placement;
  /** Last seen values of the plugin's own endpoint row; null = never seen. */
  readonly plugin: {
    readonly endpointId: number | null;
    readonly allowWrites: boolean | null;
    readonly enabled: boolean | null;
  };
  readonly revision: string;
}

export interface ProxmoxCredentials {
  readonly password: Secret | null;
  readonly tokenName: string | null;
  readonly tokenValue: Secret | null;
}
