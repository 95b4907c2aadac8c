import type { Rule } from './rule.js';
import { ApiFailure, Invalid, refuse } from '../failures.js';
import type { FieldErrors, Row } from '../types.js';
import { asNumber } from '../values.js';
import { related, type Change } from '../world.js';

const taken = 'This object already has a Proxbox sync-state row.';

/** One row per parent; the parent never changes. */
const checkParent = (change: Change, parent: string): void => {
  const wanted = change.draft[parent];
  const others = change.world.store
    .need(change.kind.model)
    .where(parent, wanted)
    .filter((row) => row.id !== change.before?.id);
  if (others.length > 0) throw new ApiFailure(409, { [parent]: taken });
  if (change.before !== undefined && change.before[parent] !== wanted)
    refuse(parent, 'The sync-state parent cannot be changed.');
};

/** A device row that one backend endpoint has claimed stays with it, also against a POST of a second row. */
const checkOwner = (change: Change): void => {
  if (!('device' in change.kind.fields)) return;
  const row = change.before ?? change.world.store.need(change.kind.model).where('device', change.draft['device'])[0];
  const stored = asNumber(row?.['proxmox_endpoint_raw_id']);
  if (stored === undefined || !('proxmox_endpoint_raw_id' in change.given)) return;
  if (change.given['proxmox_endpoint_raw_id'] !== stored)
    throw new ApiFailure(409, {
      proxmox_endpoint_raw_id: ['endpoint_ownership_conflict'],
      code: 'endpoint_ownership_conflict',
    });
};

const fieldsInPlay = ['endpoint', 'proxmox_node', 'proxmox_cluster'];

const complete = (change: Change, field: string, value: unknown): void => {
  if (field in change.kind.fields) change.draft[field] ??= value;
};

const checkNode = (change: Change, node: Row, errors: FieldErrors): void => {
  const { draft } = change;
  if ('device' in change.kind.fields && node['netbox_device'] !== draft['device'])
    errors['proxmox_node'] = ['Proxmox node must be linked to the sync-state device.'];
  else if (draft['endpoint'] && node['endpoint'] !== draft['endpoint'])
    errors['proxmox_node'] = ['Node endpoint must match the sync-state endpoint.'];
  else complete(change, 'endpoint', node['endpoint']);
  const cluster = node['proxmox_cluster'];
  if (!cluster) return;
  if (draft['proxmox_cluster'] && draft['proxmox_cluster'] !== cluster)
    errors['proxmox_cluster'] = ["Cluster must match the selected node's Proxmox cluster."];
  else complete(change, 'proxmox_cluster', cluster);
};

const checkCluster = (change: Change, cluster: Row, errors: FieldErrors): void => {
  const { draft } = change;
  if ('cluster' in change.kind.fields && cluster['netbox_cluster'] !== draft['cluster'])
    errors['proxmox_cluster'] = ['Proxmox cluster must be linked to the sync-state cluster.'];
  else if (draft['endpoint'] && cluster['endpoint'] !== draft['endpoint'])
    errors['proxmox_cluster'] = ['Cluster endpoint must match the sync-state endpoint.'];
  else complete(change, 'endpoint', cluster['endpoint']);
};

/** Node, cluster and endpoint of one row must fit together; missing ones are filled in. */
const checkCoherence = (change: Change): void => {
  if (!fieldsInPlay.some((field) => field in change.given)) return;
  const errors: FieldErrors = {};
  const node = related(change, 'proxmox_node');
  if (node !== undefined) checkNode(change, node, errors);
  const cluster = related(change, 'proxmox_cluster');
  if (cluster !== undefined) checkCluster(change, cluster, errors);
  if (Object.keys(errors).length > 0) throw new Invalid(errors);
};

const parentOf = (change: Change): string =>
  Object.entries(change.kind.fields).find(([, field]) => field.type === 'relation')?.[0] ?? '';

/** Two rows of one POST pass the validation before 4.7, which looks at what is stored; the plugin answers when it saves. */
const checkParentAgain = (change: Change): void => {
  const parent = parentOf(change);
  const rows = change.world.store.need(change.kind.model).where(parent, change.draft[parent]);
  if (rows.every((row) => row.id === change.before?.id)) return;
  throw new ApiFailure(
    409,
    parent === 'device' ? { device: taken } : { detail: 'The target parent already has a Proxbox sync-state row.' },
  );
};

/** The plugin's sync-state rows, whatever their parent is. */
export const sidecarRule: Rule = {
  validate: (change) => {
    checkOwner(change);
    checkParent(change, parentOf(change));
    checkCoherence(change);
  },
  beforeSave: checkParentAgain,
};
