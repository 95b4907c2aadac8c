/** Arming and disarming high availability of a whole cluster (Proxmox 9.2). */
import type { Logger } from 'pino';
import type { ConfirmWrites, ProxmoxEndpoint } from '../endpoints/types.js';
import { toProxboxError } from '../errors/proxbox-error.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { writeTimeoutMs } from '../proxmox/session.js';
import { causeText } from './failure.js';
import { openVerbSession, type LocateDeps } from './locate.js';

export type HaCommand = 'arm' | 'disarm';
/** What becomes of the managed guests while disarmed: their orders wait, or they are no longer managed. */
export type HaResourceMode = 'freeze' | 'ignore';

export interface HaOrder {
  readonly command: HaCommand;
  readonly mode: HaResourceMode;
  readonly actor: string;
}

/** A row of the answer, one for each endpoint. */
export interface HaCommandRow {
  readonly cluster_name: string;
  readonly status: 'ok' | 'error';
  readonly error: string | null;
}

export interface HaDeps extends LocateDeps {
  readonly confirmWrites: ConfirmWrites;
  readonly logger: Logger;
}

/** Proxmox wants to be told the mode and has no default for it. */
async function send(endpoint: ProxmoxEndpoint, { command, mode }: HaOrder, deps: HaDeps): Promise<HaCommandRow> {
  let release: string | undefined;
  try {
    const session = await openVerbSession({ endpoint, endpointId: endpoint.id }, deps);
    release = session.version.release;
    await deps.confirmWrites(endpoint);
    const parameters = command === 'disarm' ? { 'resource-mode': mode } : {};
    await session.write('POST', `cluster/ha/status/${command}-ha`, parameters, { timeoutMs: writeTimeoutMs });
    return { cluster_name: session.name, status: 'ok', error: null };
  } catch (error) {
    return {
      cluster_name: endpoint.name,
      status: 'error',
      error: `${causeText(error)}${olderRelease(error, release)}`,
    };
  }
}

/** Why Proxmox does not know the command, when that is the reason. */
function olderRelease(error: unknown, release: string | undefined): string {
  const isUnknown = toProxboxError(error).upstream?.status === 501;
  return isUnknown && release !== undefined
    ? ` (Proxmox VE has this command from release 9.2 on; this cluster runs ${release})`
    : '';
}

/** Never throws for one endpoint: its row says what went wrong. The order is idempotent in Proxmox. */
export async function commandHa(
  endpoints: readonly ProxmoxEndpoint[],
  order: HaOrder,
  deps: HaDeps,
): Promise<readonly HaCommandRow[]> {
  return Promise.all(
    endpoints.map(async (endpoint) => {
      if (!endpoint.allowWrites) {
        return { cluster_name: endpoint.name, status: 'error', error: 'endpoint_writes_disabled' } as const;
      }
      const row = await send(endpoint, order, deps);
      const outcome = row.error ?? row.status;
      logSecurityEvent(
        deps.logger,
        { event: 'ha_command', command: order.command, endpointId: endpoint.id, outcome },
        order.actor,
      );
      return row;
    }),
  );
}
