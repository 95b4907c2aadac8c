/**
 * Every error this service can raise, in one table: its HTTP status, whether asking again can help, what it means and
 * what the operator does about it. docs/errors.md is generated from it. A route with a fixed answer of its own may
 * pass another status (see ProxboxError.status).
 */
import { entry, type CatalogEntry } from './catalog-entry.js';
import { verbEntries } from './verb-entries.js';

export const errorCatalog = {
  invalid_request: entry(
    422,
    false,
    'The body, query or path is not valid.',
    'Correct the field that the answer names.',
  ),
  bad_request: entry(400, false, 'The request is well formed but cannot be carried out as asked.', 'Read the message.'),
  not_found: entry(404, false, 'The endpoint, key or object does not exist.', 'Check the id; list the objects first.'),
  conflict: entry(409, false, 'The request contradicts what is stored.', 'Read the message; change one of the two.'),
  unauthenticated: entry(401, false, 'The API key is missing or wrong.', 'Send a registered key in X-Proxbox-API-Key.'),
  locked_out: entry(429, true, 'Too many wrong keys came from this address.', 'Wait for Retry-After seconds.'),
  rate_limited: entry(429, true, 'Too many requests came from this address.', 'Wait, or raise PROXBOX_RATE_LIMIT.'),
  endpoint_writes_disabled: entry(
    403,
    false,
    'Writing to this Proxmox endpoint is switched off.',
    'Switch on allow_writes for the endpoint.',
  ),
  operation_denied: entry(
    403,
    false,
    'This operation of Proxmox is never passed on, whatever allow_writes says.',
    'Do it in Proxmox itself.',
  ),
  not_implemented: entry(501, false, 'This part is not built in this version.', 'See the message for what is missing.'),
  not_configured: entry(400, false, 'Something that must be registered first is missing.', 'Register it, then repeat.'),
  encryption_unavailable: entry(
    400,
    false,
    'A secret cannot be stored because no encryption key is configured.',
    'Set PROXBOX_ENCRYPTION_KEY or PROXBOX_ENCRYPTION_KEY_FILE.',
  ),
  credentials_unreadable: entry(
    503,
    false,
    'A stored secret cannot be decrypted with any configured key.',
    'Restore the key it was written with, or save the endpoint again.',
  ),
  key_pending: entry(
    503,
    true,
    'The encryption key lives in NetBox, and NetBox has not answered yet.',
    'Bring NetBox up, or set PROXBOX_ENCRYPTION_KEY.',
  ),
  netbox_unreachable: entry(502, true, 'No connection to NetBox.', 'Check address, port, DNS and that NetBox runs.'),
  netbox_timeout: entry(
    504,
    true,
    'NetBox did not answer in time.',
    'Check NetBox; raise PROXBOX_NETBOX_TIMEOUT if it is only slow.',
  ),
  netbox_tls_error: entry(
    502,
    false,
    'The TLS certificate of NetBox was not accepted.',
    'Install a trusted certificate, or set verify_ssl to false for a lab.',
  ),
  netbox_overwhelmed: entry(
    503,
    true,
    'NetBox has no capacity left (database connections, 429 or 503).',
    'Lower PROXBOX_NETBOX_MAX_CONCURRENT and the batch sizes; look at PostgreSQL max_connections.',
  ),
  netbox_maintenance: entry(503, true, 'NetBox is in maintenance mode.', 'Wait until its administrator ends it.'),
  netbox_rejected: entry(
    502,
    false,
    'NetBox refused what we sent as invalid.',
    'Read the detail: it names the field; please report it.',
  ),
  netbox_forbidden: entry(
    502,
    false,
    'NetBox refused the token, or the token lacks a permission.',
    'Check the token and its permissions in NetBox.',
  ),
  netbox_duplicate_unresolved: entry(
    502,
    false,
    'NetBox says the object exists, but it cannot be found.',
    'Check that the token may view it.',
  ),
  netbox_redirect: entry(
    502,
    false,
    'NetBox answered with a redirect.',
    'Correct the scheme, port or host of the NetBox endpoint.',
  ),
  netbox_error: entry(
    502,
    true,
    'NetBox failed with an internal error.',
    'Look at the NetBox log under the request id.',
  ),
  proxmox_unreachable: entry(
    502,
    true,
    'No connection to Proxmox.',
    'Check address, port 8006 and that pveproxy runs.',
  ),
  proxmox_timeout: entry(
    504,
    true,
    'Proxmox did not answer in time.',
    'Check the node; raise the timeout of the endpoint if it is only slow.',
  ),
  proxmox_tls_error: entry(
    502,
    false,
    'The TLS certificate of Proxmox was not accepted.',
    'Install a trusted certificate, or set verify_ssl to false.',
  ),
  proxmox_unauthorized: entry(502, false, 'Proxmox refused the login.', 'Check user@realm, password or token.'),
  proxmox_forbidden: entry(
    502,
    false,
    'The Proxmox user or token lacks a privilege.',
    'Grant the privilege that the message names.',
  ),
  proxmox_node_unreachable: entry(
    502,
    true,
    'The Proxmox node behind the endpoint cannot be reached (595-599).',
    'Check the node and the cluster network.',
  ),
  proxmox_error: entry(502, true, 'Proxmox answered with an error.', 'Read the reason in the detail.'),
  remote_protocol: entry(
    502,
    false,
    'The answer is not what the API promises (not JSON, page loop, too large).',
    'Check that host and port are really the API, with no login page in front.',
  ),
  cancelled: entry(503, true, 'The run was cancelled: its client went away or the service stops.', 'Start it again.'),
  run_busy: entry(
    503,
    true,
    'Another run of this stage was still active (temporarily unavailable).',
    'Wait for it; see GET /sync/active.',
  ),
  stage_failed: entry(502, true, 'A sync stage could do nothing useful.', 'Read the detail: it names the cause.'),
  stage_partial: entry(
    502,
    true,
    'Some objects of a stage failed; the rest is applied.',
    'Read the warnings; the next run tries them again.',
  ),
  plan_unsafe: entry(
    502,
    false,
    'The plan would delete suspiciously much and was not applied.',
    'Check that Proxmox was read completely; force_deletes=true lifts the limit.',
  ),
  ...verbEntries,
  internal: entry(500, false, 'A bug in this service.', 'Report it with the log lines of the request.'),
} as const satisfies Record<string, CatalogEntry>;

export type ErrorCode = keyof typeof errorCatalog;
