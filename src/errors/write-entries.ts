/** Refusals and failures of writes that are about no guest: CPU models and tokens. The `reason` of their answers. */
import { family, type CatalogEntry } from './catalog-entry.js';

const flat = family({ body: 'reasoned' });
/** `{"detail": {"reason", "detail"}}`, as clients know it. */
const nested = family({ body: 'plain' });

export const writeEntries = {
  cluster_name_required: flat(
    400,
    'The write could mean several clusters. Nothing was done.',
    'Add cluster_name, with one of the names in the detail.',
  ),
  invalid_proxmox_value: flat(400, 'Proxmox does not take a value of the body.', 'Correct what the detail names.'),
  cpu_model_not_found: flat(
    404,
    'The cluster shows no CPU model of this name to the account.',
    'List them; the account needs Mapping.Audit on /mapping/cpu to see them.',
  ),
  cpu_model_exists: flat(409, 'The cluster has a CPU model of this name.', 'Change it with PUT, or take another name.'),
  token_not_found: flat(404, 'The cluster has no such user or token.', 'Look at the user and its tokens in Proxmox.'),
  not_in_this_release: flat(
    501,
    'The release of the cluster does not have this.',
    'Upgrade Proxmox VE; the detail names the release.',
  ),
  proxmox_upstream_error: nested(
    502,
    'Proxmox failed to carry out the write, or its answer was lost.',
    'Read the detail; look at the object in Proxmox before repeating it.',
  ),
} as const satisfies Record<string, CatalogEntry>;
