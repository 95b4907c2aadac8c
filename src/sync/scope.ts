import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';

/** The enabled endpoints, or the named ones. Throws `bad_request` when there is none, or one of the named is not usable. */
export function chooseEndpoints(
  stored: readonly ProxmoxEndpoint[],
  ids: readonly number[] | null,
): readonly ProxmoxEndpoint[] {
  if (ids === null) {
    const enabled = stored.filter((endpoint) => endpoint.enabled && endpoint.plugin.enabled !== false);
    if (enabled.length > 0) return enabled;
    throw new ProxboxError(
      'bad_request',
      'No Proxmox endpoints configured. Register one with POST /proxmox/endpoints.',
    );
  }
  const unknown = ids.filter((id) => !stored.some((endpoint) => endpoint.id === id && endpoint.enabled));
  if (unknown.length === 0) return stored.filter((endpoint) => ids.includes(endpoint.id));
  throw new ProxboxError(
    'bad_request',
    `Unknown or disabled Proxmox endpoint id(s): ${unknown.join(', ')}. GET /proxmox/endpoints lists them.`,
  );
}
