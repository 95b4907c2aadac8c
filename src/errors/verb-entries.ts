/** Refusals and failures of operational verbs: the `reason` of their answers. */
import { family, type CatalogEntry } from './catalog-entry.js';

const verb = family({ body: 'reasoned' });

export const verbEntries = {
  target_required: verb(400, 'The verb needs a target node.', 'Send a JSON body with a non-empty `target`.'),
  invalid_parameter: verb(
    400,
    'A field of the body of a verb is not valid.',
    'Correct the field that the detail names.',
  ),
  invalid_snapname: verb(
    400,
    'The name of the snapshot is not one that Proxmox takes.',
    'Use 2 to 40 letters, digits, `_` and `-`, beginning with a letter.',
  ),
  invalid_idempotency_key: verb(400, 'The header Idempotency-Key is too long.', 'Use at most 255 characters.'),
  idempotency_key_reused: verb(
    422,
    'The Idempotency-Key was used for the same verb with another body.',
    'Use a new key for every action.',
  ),
  task_not_of_guest: verb(
    400,
    'The task is not a migration of this guest.',
    'Take the UPID from the answer of the migration.',
  ),
  console_disabled: verb(
    403,
    'Consoles are switched off in this service.',
    'Start the service with PROXBOX_CONSOLE=1, and switch allow_writes of the endpoint on.',
  ),
  console_busy: verb(429, 'Too many consoles wait to be opened.', 'Try again in half a minute.', { retryable: true }),
  netbox_session_unavailable: verb(
    502,
    'NetBox cannot be used, so the verb could not be recorded and was not carried out.',
    'Read the detail; see GET /netbox/status.',
    { retryable: true },
  ),
  netbox_vm_identity_required_for_audit: verb(
    409,
    'It is not certain which virtual machine in NetBox the guest is, or its journal cannot be written. Nothing was done.',
    'Sync the endpoint; delete sync-state rows that claim the guest twice; give the token the right to add journal entries.',
  ),
  netbox_journal_finalization_failed: verb(
    502,
    'Proxmox was asked, but its answer could not be written to the journal entry.',
    'Repeat with the same Idempotency-Key within 60 s: only the entry is written then.',
    { retryable: true },
  ),
  proxmox_session_unreachable: verb(
    502,
    'Proxmox cannot be reached or refused the login. Nothing was done.',
    'Read the detail; see GET /proxmox/sessions.',
    { retryable: true, category: 'connection' },
  ),
  proxmox_cluster_resources_unreachable: verb(
    502,
    'Proxmox did not say where the guest is. Nothing was done.',
    'Read the detail.',
    { retryable: true, category: 'connection' },
  ),
  vm_not_found_in_cluster: verb(
    404,
    'The cluster of the endpoint has no guest of this type with this VMID.',
    'Check VMID, type and endpoint; the account must be allowed to see the guest (VM.Audit).',
  ),
  proxmox_status_unreachable: verb(
    502,
    'Proxmox did not say in which state the guest is. Nothing was done.',
    'Read the detail.',
    { retryable: true, category: 'connection' },
  ),
  proxmox_preflight_failed: verb(
    502,
    'Proxmox did not say whether the guest can be migrated. Nothing was done.',
    'Read the detail.',
    { retryable: true },
  ),
  target_not_allowed: verb(
    400,
    'The guest cannot be migrated to this node.',
    'Read the detail: the node does not exist, is offline, holds the guest already, or lacks a storage.',
  ),
  local_disks_block_online_migrate: verb(
    400,
    'The running guest has disks or images on storage of its node alone.',
    'Move them to shared storage, or stop the guest and migrate it offline.',
  ),
  local_resources_block_online_migrate: verb(
    400,
    'The running guest uses devices of its node.',
    'Remove them, or stop the guest and migrate it offline.',
  ),
  online_required: verb(
    400,
    'The guest runs, and was asked to be migrated as if it were stopped.',
    'Send `"online": true`, or stop it first.',
  ),
  guest_not_running: verb(400, 'The guest does not run, so it cannot be suspended or resumed.', 'Start it.'),
  storage_required: verb(400, 'The backup needs a storage.', 'Send a JSON body with a non-empty `storage`.'),
  guest_protected: verb(
    409,
    'The guest is protected in Proxmox and is not deleted.',
    'Switch its option `protection` off first.',
  ),
  guest_in_use: verb(
    409,
    'High availability or a replication job counts on the guest, so it is not deleted.',
    'Take it out there first, or add `purge=true` to the query.',
  ),
  invalid_tag: verb(
    400,
    'A tag is not one that Proxmox takes.',
    'Use letters, digits, `_`, `-`, `+` and `.`, beginning with a letter, a digit or `_`.',
  ),
  guest_changed: verb(
    409,
    'The configuration of the guest was changed by somebody else meanwhile. Nothing was written.',
    'Look at the guest again, then repeat the request.',
  ),
  snapshot_not_found: verb(404, 'The guest has no snapshot of this name.', 'Take one of the names in the detail.'),
  vm_is_template: verb(400, 'Templates cannot be started.', 'Clone it and start the clone.'),
  proxmox_dispatch_failed: verb(
    502,
    'Proxmox refused the verb, or its answer was lost.',
    'Read the detail. After a time-out look at the task log of Proxmox before repeating it.',
  ),
  proxmox_dispatch_interrupted: verb(
    500,
    'The service was stopping, so the verb was not sent to Proxmox.',
    'Repeat it when the service is up again.',
    { retryable: true },
  ),
  proxmox_dispatch_unexpected_error: verb(
    500,
    'A bug in this service.',
    'Report it with the log lines of the request.',
  ),
  proxmox_cancel_failed: verb(502, 'Proxmox refused to stop the task.', 'Read the detail.'),
} as const satisfies Record<string, CatalogEntry>;
