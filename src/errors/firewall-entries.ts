/** Refusals and failures of the firewall routes: the `reason` of their answers. */
import { family, type CatalogEntry } from './catalog-entry.js';

const flat = family({ body: 'reasoned' });
/** `{"detail": {"reason", "detail"}}`, as clients know it. */
const nested = family({ body: 'plain' });

export const firewallEntries = {
  actor_required: nested(
    422,
    'A write does not say who asks for it.',
    'Send the header X-Proxbox-Actor with the name of the user.',
  ),
  firewall_group_name_required: nested(422, 'The group has no name.', 'Send `group` or `name`.'),
  writes_disabled_for_endpoint: flat(
    403,
    'Writing to this endpoint was switched off while the write was under way; nothing was sent.',
    'Switch on allow_writes for the endpoint.',
  ),
  invalid_firewall_value: flat(
    400,
    'A value of the firewall object is not one that Proxmox takes there.',
    'Correct the field that the detail names.',
  ),
  firewall_changed: flat(
    409,
    'The list in Proxmox is no longer the one that the request was made from.',
    'Sync the endpoint, look at the object again, then repeat.',
  ),
  firewall_not_empty: flat(
    409,
    'A group with rules or a set with members is not deleted.',
    'Empty it first; for a set add `force=true`.',
  ),
  firewall_object_not_found: flat(
    404,
    'Proxmox has no such rule, group, set, member or alias.',
    'Sync the endpoint; it may have been deleted or renamed.',
  ),
  proxmox_permission_denied: flat(
    403,
    'The Proxmox account may not do this.',
    'Grant the privilege that the detail names.',
  ),
  proxmox_firewall_read_failed: flat(
    502,
    'The firewall could not be read completely; 403 when Proxmox refuses it.',
    'Read the detail; see GET /proxmox/doctor.',
    { retryable: true },
  ),
  proxmox_firewall_write_failed: nested(
    502,
    'Proxmox failed to carry out the firewall write, or its answer was lost.',
    'Read the detail; look at the firewall in Proxmox before repeating it.',
  ),
} as const satisfies Record<string, CatalogEntry>;
