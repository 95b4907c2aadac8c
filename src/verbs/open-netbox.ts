/** The NetBox client of a verb: it gives up before the plugin does. */
import type { NetBoxClient } from '../netbox/types.js';
import type { NetBoxAccess } from '../netbox/access.js';
import { verbFailure } from './failure.js';

/** The plugin waits 30 s for everything. */
const patienceMs = 8_000;

/** Throws `netbox_session_unavailable`. */
export async function openNetBox(netboxAccess: Pick<NetBoxAccess, 'client'>): Promise<NetBoxClient> {
  try {
    return (await netboxAccess.client()).scoped({ patienceMs });
  } catch (cause) {
    throw verbFailure('netbox_session_unavailable', 'NetBox cannot be used.', { cause });
  }
}
