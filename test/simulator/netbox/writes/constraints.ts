import { IntegrityError, Invalid } from '../failures.js';
import { atLeast } from '../release.js';
import type { Key } from '../store/table.js';
import type { Constraint, FieldErrors, KindSpec, Row } from '../types.js';
import { asText, capitalFirst, pythonText } from '../values.js';
import type { Change, World } from '../world.js';

const isNull = (value: unknown): boolean => value === null || value === undefined;

type Values = Readonly<Record<string, unknown>>;

const valueOf = (values: Values, field: string): unknown =>
  field.startsWith('lower:') ? asText(values[field.slice(6)]).toLowerCase() : (values[field] ?? null);

const appliesTo = (constraint: Constraint, values: Values): boolean =>
  (constraint.whenSet ?? []).every((field) => !isNull(values[field])) &&
  (constraint.whenNull ?? []).every((field) => isNull(values[field])) &&
  (constraint.nullsEqual === true || constraint.fields.every((field) => !isNull(valueOf(values, field))));

const keysFor =
  (constraint: Constraint) =>
  (values: Values): readonly Key[] =>
    appliesTo(constraint, values) ? [JSON.stringify(constraint.fields.map((field) => valueOf(values, field)))] : [];

const rowInTheWay = (world: World, kind: KindSpec, constraint: Constraint, change: Values): Row | undefined => {
  const keysOf = keysFor(constraint);
  const [key] = keysOf(change);
  if (key === undefined) return undefined;
  const rows = world.store.need(kind.model).find(`unique:${constraint.name}`, keysOf, key);
  return rows.find((row) => row.id !== change['id']);
};

const labelOf = (kind: KindSpec, field: string): string => kind.fields[field]?.label ?? field.replaceAll('_', ' ');

const joinWithAnd = (labels: readonly string[]): string =>
  labels.length < 2 ? labels.join('') : `${labels.slice(0, -1).join(', ')} and ${labels.at(-1) ?? ''}`;

const genericMessage = (kind: KindSpec, constraint: Constraint): string => {
  const labels = constraint.fields.map((field) => capitalFirst(labelOf(kind, field)));
  return `${capitalFirst(kind.noun)} with this ${joinWithAnd(labels)} already exists.`;
};

/** Before 4.7 a missing tenant had constraints, and so messages, of its own. */
const olderMessages: Readonly<Record<string, { readonly noTenant: string; readonly tenant: string }>> = {
  virtualization_virtualmachine_unique_name_cluster_tenant: {
    noTenant: 'Virtual machine name must be unique per cluster.',
    tenant: 'Virtual machine name must be unique per cluster and tenant.',
  },
  virtualization_virtualmachine_unique_name_device_tenant: {
    noTenant: 'Virtual machine name must be unique per device.',
    tenant: 'Virtual machine name must be unique per device and tenant.',
  },
  dcim_device_unique_name_site_tenant: {
    noTenant: 'Device name must be unique per site.',
    tenant: 'Constraint “dcim_device_unique_name_site_tenant” is violated.',
  },
  dcim_devicerole_parent_name: {
    noTenant: 'A top-level device role with this name already exists.',
    tenant: 'A top-level device role with this name already exists.',
  },
  dcim_devicerole_parent_slug: {
    noTenant: 'A top-level device role with this slug already exists.',
    tenant: 'A top-level device role with this slug already exists.',
  },
};

const messageOf = (change: Change, constraint: Constraint): string => {
  const older = atLeast(change.world.release, '4.7') ? undefined : olderMessages[constraint.name];
  if (older !== undefined) return isNull(change.draft['tenant']) ? older.noTenant : older.tenant;
  return constraint.message ?? genericMessage(change.kind, constraint);
};

const uniqueFields = (kind: KindSpec): readonly string[] =>
  Object.entries(kind.fields).flatMap(([name, field]) => (field.unique === true ? [name] : []));

const takenBy = (change: Change, field: string): Row | undefined => {
  const value = change.draft[field];
  if (isNull(value)) return undefined;
  const rows = change.world.store.need(change.kind.model).where(field, value);
  return rows.find((row) => row.id !== change.before?.id);
};

/** Fields that are unique on their own, as the serializer checks them. Throws `Invalid`. */
export const checkUniqueFields = (change: Change): void => {
  const errors: FieldErrors = {};
  for (const field of uniqueFields(change.kind))
    if (field in change.given && takenBy(change, field) !== undefined)
      errors[field] = [`${change.kind.noun} with this ${labelOf(change.kind, field)} already exists.`];
  if (Object.keys(errors).length > 0) throw new Invalid(errors);
};

/** Hidden columns are not part of a model's validation: only the database sees those constraints. */
const isValidated = (constraint: Constraint): boolean => !constraint.fields.some((field) => field.startsWith('_'));

/** Messages of violated constraints over several fields, as the model's own validation reports them. */
export const violatedConstraints = (change: Change): readonly string[] => {
  const values = { ...change.draft, id: change.before?.id };
  return (change.kind.constraints ?? [])
    .filter(isValidated)
    .filter((constraint) => rowInTheWay(change.world, change.kind, constraint, values) !== undefined)
    .map((constraint) => messageOf(change, constraint));
};

/** One-to-one relations no validation looks at: only the database notices. */
const oneToOne: Readonly<Record<string, readonly string[]>> = {
  'virtualization.virtualmachine': ['primary_ip4', 'primary_ip6'],
  'dcim.device': ['primary_ip4', 'primary_ip6', 'oob_ip'],
  'virtualization.vminterface': ['primary_mac_address'],
  'dcim.interface': ['primary_mac_address'],
  'netbox_proxbox.proxmoxvmcloudinit': ['virtual_machine'],
};

/** What the database itself refuses at the moment of saving. Throws `IntegrityError`. */
export const checkDatabase = (change: Change): void => {
  const { kind, draft } = change;
  const table = kind.model.replace('.', '_');
  for (const field of [...uniqueFields(kind), ...(oneToOne[kind.model] ?? [])])
    if (takenBy(change, field) !== undefined) {
      const column = kind.fields[field]?.type === 'relation' ? `${field}_id` : field;
      throw new IntegrityError(`${table}_${column}_key`, column, pythonText(draft[field]));
    }
  const values = { ...draft, id: change.before?.id };
  for (const constraint of kind.constraints ?? [])
    if (rowInTheWay(change.world, kind, constraint, values) !== undefined)
      throw new IntegrityError(
        constraint.name,
        constraint.fields.join(', '),
        constraint.fields.map((field) => pythonText(valueOf(values, field))).join(', '),
      );
};
