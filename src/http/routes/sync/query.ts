/** The query of the sync routes: what the API document says of it, and the request that it makes. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  addressFamilies,
  fromNames,
  interfaceStrategies,
  orphanActions,
  overwriteFlags,
  syncResources,
} from '../../../sync/plan/options.js';
import { parseSweepRequest, parseSyncRequest, type SyncRequest } from '../../../sync/request.js';
import { said } from '../../route-document.js';
import { askedBy, callerOf } from '../actor.js';

/** As it arrives. */
export const Raw = z.record(z.string(), z.union([z.string(), z.array(z.string())]).optional());
/** Of a repeated key the last one counts. */
const parameter = (json: Readonly<Record<string, unknown>>) =>
  said(z.union([z.string(), z.array(z.string())]).optional(), { anyOf: undefined, type: 'string', ...json });
const text = (description: string) => parameter({ description });
const flag = (description: string) => parameter({ type: 'boolean', description });
const choice = (choices: readonly string[], description: string) => parameter({ enum: [...choices, ''], description });
const id = String.raw`\s*0*[1-9]\d{0,14}\s*`;
const endpointId = String.raw`\s*\d{1,15}\s*`;
const endpointIds = (description: string) =>
  parameter({ maxLength: 255, pattern: `^(${endpointId}(,${endpointId}){0,99})?$`, description });

/**
 * What the API document says about the query. Unknown keys pass: the plugin sends one bundle of parameters to every stage.
 * The rules and their errors are in sync/request.ts.
 */
export const Query = z.looseObject({
  source: choice(['database', 'netbox'], 'Whose ids of Proxmox endpoints are meant'),
  proxmox_endpoint_ids: endpointIds('Comma list of Proxmox endpoint ids; absent = every enabled one'),
  endpoint_ids: endpointIds('The same; proxmox_endpoint_ids wins'),
  netbox_vm_ids: parameter({
    pattern: `^${id}(,${id})*$`,
    description: 'Comma list of NetBox virtual machine ids; absent = all',
  }),
  netbox_branch_schema_id: parameter({
    pattern: '^[a-z0-9_]{0,64}$',
    description: 'Schema id of a netbox-branching branch; absent = main',
  }),
  vm_stage_failed: flag('Sweep route: true does nothing, as the stage of machines had failures'),
  run_id: text('Stamped into the rows that this run writes; absent = a new UUID'),
  fetch_max_concurrency: parameter({
    type: 'integer',
    minimum: 1,
    description: 'Proxmox reads at once, unless a variable sets it',
  }),
  sync_vm_network: flag('Stage of machines: false leaves out their interfaces, addresses and disks'),
  sync_task_history: flag('Stage of machines: false leaves out their task history'),
  assign_vm_interface_ips: flag('Stage of machines: false leaves out addresses'),
  sync_vm_interface_macs: flag('false leaves out MAC addresses'),
  vm_interface_sync_strategy: choice(interfaceStrategies, 'How interfaces of machines are named'),
  use_guest_agent_interface_name: flag('Under legacy_rename: interfaces are called as the guest agent calls them'),
  ignore_ipv6_link_local_addresses: flag('false: link-local addresses are written too'),
  primary_ip_preference: choice(addressFamilies, 'The family that comes first'),
  delete_nonexistent_backup: flag('true: rows of backups that are gone from Proxmox are deleted'),
  delete_nonexistent_snapshot: flag('true: rows of snapshots that are gone from Proxmox are deleted'),
  orphan_action: choice(orphanActions, 'What becomes of machines whose guest is gone'),
  force_deletes: flag('true: however many rows are gone at once, they are deleted'),
  parse_description_metadata: flag('true: the netbox-metadata block of guest descriptions is read'),
  dry_run: flag('true: writes nothing; every stage says what it would do, as if those before it had done so'),
  include_objects: flag('true: full lists in the answer of a full update instead of the first 100'),
  ...fromNames(overwriteFlags, () => flag('false: leave the field of existing objects alone')),
  ...fromNames(
    syncResources.map((resource) => `sync_mode_${resource}` as const),
    () => text('always, bootstrap_only or disabled; anything else is always'),
  ),
});
/** Of the sweep: it marks machines, so it names the run (and, unless it only looks, the endpoints). */
export const SweepQuery = said(Query.extend({ run_id: said(Query.shape.run_id, { pattern: String.raw`\S` }) }), {
  required: ['run_id'],
});
/** @throws as parseSyncRequest */
export function requestOf(request: FastifyRequest): SyncRequest {
  return askedBy(callerOf(request), parseSyncRequest(Raw.parse(request.query)));
}

/** Of a route that answers the objects themselves. */
export function shownRequestOf(request: FastifyRequest): SyncRequest {
  return { ...requestOf(request), showsObjects: true };
}

/** @throws as parseSweepRequest */
export function sweepRequestOf(request: FastifyRequest): SyncRequest {
  return askedBy(callerOf(request), parseSweepRequest(Raw.parse(request.query)));
}
