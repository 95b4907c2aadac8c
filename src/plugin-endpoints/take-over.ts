/** Takes over the switches for writing and for being enabled from the plugin's row of an endpoint. */
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import type { NetBoxRecord } from '../netbox/types.js';
import { pluginEndpointOf, sameTarget } from './plugin-rows.js';

/** What the plugin's own row of an endpoint says about it. */
export interface SeenRow {
  readonly endpointId: number;
  readonly allowWrites: boolean;
  readonly enabled: boolean;
}

export type MirrorPlugin = (endpointId: number, seen: SeenRow) => unknown;

/**
 * Only when that row leads to the same host and port.
 * @returns the row, also when it leads elsewhere; undefined when none can be told to be the endpoint's
 */
export function takeOver(
  endpoint: ProxmoxEndpoint,
  rows: readonly NetBoxRecord[],
  mirrorPlugin: MirrorPlugin,
): NetBoxRecord | undefined {
  const row = pluginEndpointOf(endpoint, rows);
  if (row === undefined || !sameTarget(endpoint, row)) return row;
  mirrorPlugin(endpoint.id, {
    endpointId: row.id,
    allowWrites: row['allow_writes'] === true,
    enabled: row['enabled'] !== false,
  });
  return row;
}
