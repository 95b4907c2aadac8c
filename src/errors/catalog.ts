/**
 * Every error this service can raise, in one table: its HTTP status, whether asking again can help, the shape of its
 * answer, its category in a stream, what it means and what the operator does about it. docs/errors.md is generated from
 * it. A route with a fixed answer of its own may pass another status (see ProxboxError.status).
 */
import { family, type CatalogEntry } from './catalog-entry.js';
import { firewallEntries } from './firewall-entries.js';
import { metricEntries } from './metric-entries.js';
import { verbEntries } from './verb-entries.js';
import { writeEntries } from './write-entries.js';

/** Answers to what the client did. */
const plain = family({ body: 'plain' });
const reasoned = family({ body: 'reasoned' });
/** What a run did, and what NetBox or Proxmox did. */
const upstream = family({ body: 'upstream' });
const remote = family({ body: 'upstream', isRemote: true });
const other = family({ body: 'envelope' });
const bug = family({ body: 'internal' });

export const errorCatalog = {
  invalid_request: plain(422, 'The body, query or path is not valid.', 'Correct the field that the answer names.'),
  bad_request: plain(400, 'The request is well formed but cannot be carried out as asked.', 'Read the message.', {
    category: 'validation',
  }),
  not_found: plain(404, 'The endpoint, key or object does not exist.', 'Check the id; list the objects first.', {
    category: 'not_found',
  }),
  conflict: plain(409, 'The request contradicts what is stored.', 'Read the message; change one of the two.'),
  unauthenticated: plain(401, 'The API key is missing or wrong.', 'Send a registered key in X-Proxbox-API-Key.'),
  locked_out: plain(429, 'Too many wrong keys came from this address.', 'Wait for Retry-After seconds.', {
    retryable: true,
  }),
  rate_limited: plain(429, 'Too many requests came from this address.', 'Wait, or raise PROXBOX_RATE_LIMIT.', {
    retryable: true,
  }),
  endpoint_writes_disabled: reasoned(
    403,
    'Writing to this Proxmox endpoint is switched off.',
    'Switch on allow_writes for the endpoint.',
  ),
  operation_denied: reasoned(
    403,
    'This operation of Proxmox is never passed on, whatever allow_writes says.',
    'Do it in Proxmox itself.',
  ),
  not_implemented: reasoned(501, 'This part is not built in this version.', 'See the message for what is missing.'),
  not_configured: other(400, 'Something that must be registered first is missing.', 'Register it, then repeat.'),
  encryption_unavailable: other(
    400,
    'A secret cannot be stored because no encryption key is configured.',
    'Set PROXBOX_ENCRYPTION_KEY or PROXBOX_ENCRYPTION_KEY_FILE.',
  ),
  credentials_unreadable: other(
    503,
    'A stored secret cannot be decrypted with any configured key.',
    'Restore the key it was written with, or save the endpoint again.',
  ),
  key_pending: other(
    503,
    'The encryption key lives in NetBox, and NetBox has not answered yet.',
    'Bring NetBox up, or set PROXBOX_ENCRYPTION_KEY.',
    { retryable: true },
  ),
  disk_full: reasoned(507, 'The disk of the database is full: nothing was stored.', 'Make room on it, then repeat.', {
    retryable: true,
  }),
  database_locked: reasoned(
    503,
    'Another process has held the database locked for five seconds.',
    'Wait for it or stop it, then repeat.',
    { retryable: true },
  ),
  database_unusable: reasoned(
    503,
    'The file of the database can no longer be read or written.',
    'Check its disk and its permissions.',
    { retryable: true },
  ),
  netbox_unreachable: remote(502, 'No connection to NetBox.', 'Check address, port, DNS and that NetBox runs.', {
    retryable: true,
    category: 'connection',
  }),
  netbox_timeout: remote(
    504,
    'NetBox did not answer in time.',
    'Check NetBox; raise PROXBOX_NETBOX_TIMEOUT if it is only slow.',
    { retryable: true, category: 'timeout' },
  ),
  netbox_tls_error: remote(
    502,
    'The TLS certificate of NetBox was not accepted.',
    'Install a trusted certificate, or set verify_ssl to false for a lab.',
    { category: 'connection' },
  ),
  netbox_overwhelmed: remote(
    503,
    'NetBox has no capacity left (database connections, 429 or 503).',
    'Lower PROXBOX_NETBOX_MAX_CONCURRENT and the batch sizes; look at PostgreSQL max_connections.',
    { retryable: true, category: 'rate_limit' },
  ),
  netbox_maintenance: remote(503, 'NetBox is in maintenance mode.', 'Wait until its administrator ends it.', {
    retryable: true,
  }),
  netbox_rejected: remote(
    502,
    'NetBox refused what we sent as invalid.',
    'Read the detail: it names the field; please report it.',
    { category: 'validation' },
  ),
  netbox_forbidden: remote(
    502,
    'NetBox refused the token, or the token lacks a permission.',
    'Check the token and its permissions in NetBox.',
    { category: 'authentication' },
  ),
  netbox_duplicate_unresolved: remote(
    502,
    'NetBox says the object exists, but it cannot be found.',
    'Check that the token may view it.',
  ),
  netbox_redirect: remote(
    502,
    'NetBox answered with a redirect.',
    'Correct the scheme, port or host of the NetBox endpoint.',
  ),
  netbox_error: remote(502, 'NetBox failed with an internal error.', 'Look at the NetBox log under the request id.', {
    retryable: true,
  }),
  proxmox_unreachable: remote(502, 'No connection to Proxmox.', 'Check address, port 8006 and that pveproxy runs.', {
    retryable: true,
    category: 'connection',
  }),
  proxmox_timeout: remote(
    504,
    'Proxmox did not answer in time.',
    'Check the node; raise the timeout of the endpoint if it is only slow.',
    { retryable: true, category: 'timeout' },
  ),
  proxmox_tls_error: remote(
    502,
    'The TLS certificate of Proxmox was not accepted.',
    'Install a trusted certificate, or set verify_ssl to false.',
    { category: 'connection' },
  ),
  proxmox_unauthorized: remote(502, 'Proxmox refused the login.', 'Check user@realm, password or token.', {
    category: 'authentication',
  }),
  proxmox_forbidden: remote(
    502,
    'The Proxmox user or token lacks a privilege.',
    'Grant the privilege that the message names.',
    { category: 'permission' },
  ),
  proxmox_node_unreachable: remote(
    502,
    'The Proxmox node behind the endpoint cannot be reached (595-599).',
    'Check the node and the cluster network.',
    { retryable: true, category: 'connection' },
  ),
  proxmox_error: remote(502, 'Proxmox answered with an error.', 'Read the reason in the detail.', { retryable: true }),
  remote_protocol: upstream(
    502,
    'The answer is not what the API promises (not JSON, page loop, too large).',
    'Check that host and port are really the API, with no login page in front.',
  ),
  cancelled: other(503, 'The run was cancelled: its client went away or the service stops.', 'Start it again.', {
    retryable: true,
  }),
  memory_exhausted: other(
    503,
    'The memory of the service does not suffice for a run.',
    'Give its container more memory, or sync fewer endpoints at a time; see docs/operations.md.',
    { retryable: true },
  ),
  run_busy: upstream(
    503,
    'Another run of this stage was still active (temporarily unavailable).',
    'Wait for it; see GET /sync/active.',
    { retryable: true },
  ),
  stage_failed: upstream(502, 'A sync stage could do nothing useful.', 'Read the detail: it names the cause.', {
    retryable: true,
  }),
  stage_partial: upstream(
    502,
    'Some objects of a stage failed; the rest is applied.',
    'Read the warnings; the next run tries them again.',
    { retryable: true },
  ),
  plan_unsafe: upstream(
    502,
    'The plan would delete suspiciously much and was not applied.',
    'Check that Proxmox was read completely; force_deletes=true lifts the limit.',
  ),
  ...verbEntries,
  ...firewallEntries,
  ...writeEntries,
  ...metricEntries,
  internal: bug(500, 'A bug in this service.', 'Report it with the log lines of the request.'),
} as const satisfies Record<string, CatalogEntry>;

export type ErrorCode = keyof typeof errorCatalog;
