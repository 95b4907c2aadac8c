/**
 * Whether an endpoint may be written to at this moment: asked right before a write is sent, since the switches may have changed
 * while it was prepared. Our own row first; then the plugin's, read afresh: off wins.
 */
import type { ConfirmWrites, ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError, errorText, toProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxClient } from '../netbox/types.js';
import { pluginEndpointsPath } from './netbox-source.js';
import { sameTarget, pluginEndpointOf } from './plugin-rows.js';
import { takeOver, type MirrorPlugin } from './take-over.js';

export interface WriteSwitchDeps {
  readonly stored: (id: number) => ProxmoxEndpoint | null;
  /** Throws `not_configured` when no NetBox is stored: then there is no plugin either. */
  readonly netboxClient: () => Promise<NetBoxClient>;
  readonly mirrorPlugin: MirrorPlugin;
}

/** For NetBox to say what its switch is; a write that waits longer is refused. */
const patienceMs = 20_000;

function switchedOff({ id, name }: Pick<ProxmoxEndpoint, 'id' | 'name'>, where: string): ProxboxError {
  return new ProxboxError('endpoint_writes_disabled', 'Writing to this Proxmox endpoint is switched off.', {
    detail: `Writing to endpoint '${name}' is switched off ${where}. Nothing was sent.`,
    where: { endpoint_id: id },
  });
}

async function isOffInPlugin(endpoint: ProxmoxEndpoint, deps: WriteSwitchDeps): Promise<boolean> {
  const client = (await deps.netboxClient()).scoped({ patienceMs });
  if (!(await client.capabilities()).proxboxPlugin) return false;
  const rows = await client.list(pluginEndpointsPath, {}, { cache: 'bypass' });
  takeOver(endpoint, rows, deps.mirrorPlugin);
  const row = pluginEndpointOf(endpoint, rows);
  return row !== undefined && sameTarget(endpoint, row) && row['allow_writes'] !== true;
}

/**
 * Throws `endpoint_writes_disabled` (403), or `netbox_session_unavailable` (502) when the switch on the plugin's page cannot be
 * read.
 */
export function createWriteSwitch(deps: WriteSwitchDeps): ConfirmWrites {
  return async ({ id, name }) => {
    const endpoint = deps.stored(id);
    if (endpoint === null || !endpoint.enabled || !endpoint.allowWrites) throw switchedOff({ id, name }, 'here');
    try {
      if (!(await isOffInPlugin(endpoint, deps))) return;
    } catch (error) {
      const { code } = toProxboxError(error);
      if (code === 'not_configured') return;
      const text = "The switch for writing on the plugin's page could not be read, and nothing was sent.";
      throw new ProxboxError('netbox_session_unavailable', text, {
        detail: `${text} ${errorText(error)}`,
        cause: error,
        where: { endpoint_id: id },
      });
    }
    throw switchedOff(endpoint, "on the plugin's page in NetBox");
  };
}
