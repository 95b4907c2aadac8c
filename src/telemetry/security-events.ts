/** Security events have one shape, so that operators can filter for `"security": true`. Never a value of a secret. */
import type { Logger } from 'pino';

export type SecurityEvent =
  | {
      readonly event: 'key_registered' | 'key_created' | 'key_activated' | 'key_deactivated' | 'key_deleted';
      readonly keyId: number;
    }
  | { readonly event: 'locked_out'; readonly address: string }
  | {
      readonly event: 'endpoint_created' | 'endpoint_updated' | 'endpoint_deleted';
      readonly kind: 'netbox' | 'proxmox';
      readonly endpointId: number;
      /** Names only. */
      readonly fields?: readonly string[];
    }
  | {
      readonly event: 'allow_writes_changed';
      readonly endpointId: number;
      readonly allowWrites: boolean;
      readonly origin: 'put' | 'plugin';
    }
  | {
      readonly event: 'verb';
      readonly verb: string;
      readonly endpointId: number;
      readonly vmid: number;
      readonly outcome: string;
    }
  | {
      readonly event: 'console';
      readonly kind: 'novnc' | 'term';
      readonly endpointId: number;
      readonly vmid: number;
    }
  | {
      readonly event: 'ha_command';
      readonly command: 'arm' | 'disarm';
      readonly endpointId: number;
      readonly outcome: string;
    }
  | {
      /** A write below `/proxmox/api2`, of a CPU model or a token, also one that was refused. */
      readonly event: 'proxmox_write';
      readonly method: string;
      /** Of the URL. */
      readonly path: string;
      /** Absent when the request came to none. */
      readonly endpointId?: number;
      /** `done`, or the code of the error. */
      readonly outcome: string;
    }
  | {
      readonly event: 'firewall_write';
      readonly endpointId: number;
      /** Of Proxmox; absent when nobody was asked. */
      readonly path?: string;
      /** `pushed`, `deleted`, `skipped`, or the code of the error. */
      readonly outcome: string;
    }
  | { readonly event: 'encryption_key_changed'; readonly change: 'set' | 'generated' | 'deleted' | 'plugin' };

export function logSecurityEvent(logger: Logger, event: SecurityEvent, actor?: string): void {
  logger.info(
    { security: true, ...event, ...(actor === undefined ? {} : { actor }) },
    `Security event: ${event.event}.`,
  );
}
