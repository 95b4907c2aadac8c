/** Creates and mends the custom fields in NetBox: one read, at most one request for the new and one for the changed. */
import type { Clock } from '../config/clock.js';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { endsTheRun } from '../netbox/run-ending.js';
import type { BulkOptions, FindExisting, NetBoxClient, NetBoxRecord } from '../netbox/types.js';
import { sleepUnlessCancelled } from '../transport/sleep.js';
import { fieldInventory } from './inventory.js';
import { planFields, type FieldFailure, type FieldPlan } from './plan.js';

export interface ReconcileDeps {
  readonly client: NetBoxClient;
  readonly clock: Clock;
  readonly logger: { readonly info: (data: object, message: string) => void };
  /** Before each write request after the first. */
  readonly delayMs: number;
  readonly signal: AbortSignal;
}

/** Filled while the work goes on, for whoever cannot wait for its end. */
export interface ReconcileProgress {
  created: number;
}

const path = '/api/extras/custom-fields/';
/** More than there are fields: one request each. */
const batchSize = 100;

const findByName: FindExisting = async (bodies, client) => {
  const names = bodies.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  const rows = await client.listByValues(path, 'name', names, {}, { cache: 'bypass' });
  return bodies.map(({ name }) => rows.find((row) => row.name === name));
};

interface Work extends ReconcileDeps {
  readonly plan: FieldPlan;
  readonly records: ReadonlyMap<number, NetBoxRecord>;
  readonly progress: ReconcileProgress;
  readonly bulk: BulkOptions;
  readonly changed: Map<number, NetBoxRecord>;
  readonly failures: FieldFailure[];
  /** The first thing that went wrong; decides the status. */
  readonly errors: ProxboxError[];
}

function failed(work: Work, name: unknown, error: ProxboxError): void {
  work.failures.push({ name: String(name), error: errorText(error) });
  work.errors.push(error);
}

async function createMissing(work: Work): Promise<void> {
  const { plan, client, bulk, changed, progress } = work;
  if (plan.create.length === 0) return;
  const outcomes = await client.bulkCreate(path, plan.create, { ...bulk, find: findByName });
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'failed') failed(work, plan.create[index]?.name, outcome.error);
    else changed.set(outcome.record.id, outcome.record);
    if (outcome.status === 'created') progress.created += 1;
  }
}

async function patchDrifted(work: Work): Promise<void> {
  const { plan, client, clock, bulk, signal, delayMs, changed, records } = work;
  if (plan.patch.length === 0) return;
  if (plan.create.length > 0 && delayMs > 0) await sleepUnlessCancelled(delayMs, clock, signal);
  const outcomes = await client.bulkPatch(path, plan.patch, bulk);
  for (const [index, outcome] of outcomes.entries()) {
    const id = plan.patch[index]?.id ?? 0;
    const name = records.get(id)?.name;
    if (outcome.status === 'updated') changed.set(id, outcome.record);
    else if (outcome.status === 'failed') failed(work, name, outcome.error);
    else
      failed(
        work,
        name,
        new ProxboxError('netbox_rejected', 'It was deleted in NetBox meanwhile; repeat the request.'),
      );
  }
}

function failureOf({ errors, failures, progress }: Work): ProxboxError {
  const overwhelmed = errors.find(({ code }) => code === 'netbox_overwhelmed');
  const cause = overwhelmed ?? errors[0];
  const message =
    overwhelmed === undefined
      ? 'Failed to create all NetBox custom fields.'
      : 'NetBox is overwhelmed. Please retry this action in a few moments.';
  return new ProxboxError(cause?.code ?? 'netbox_rejected', message, {
    detail: {
      reason: overwhelmed === undefined ? 'custom_field_sync_failed' : 'netbox_overwhelmed',
      created_count: progress.created,
      failed_fields: failures.map(({ name, error }) => ({ name, error })),
    },
    ...(cause === undefined ? {} : { cause, status: cause.status }),
  });
}

/**
 * The records of all fields of the inventory, in its order.
 * @throws ProxboxError whose `detail` has `reason`, `created_count` and `failed_fields`; and what the reading throws
 */
export async function reconcileFields(
  deps: ReconcileDeps,
  progress: ReconcileProgress,
): Promise<readonly NetBoxRecord[]> {
  const client = deps.client.scoped({ signal: deps.signal });
  const listed = await client.list(path, {}, { cache: 'bypass' });
  const plan = planFields(fieldInventory, listed);
  for (const { name, objectTypes } of plan.kept) {
    deps.logger.info({ objectTypes }, `Preserving operator-added object_types for custom field '${name}'`);
  }
  const work: Work = {
    ...deps,
    client,
    plan,
    progress,
    records: new Map(listed.map((record) => [record.id, record])),
    bulk: { batchSize, delayMs: deps.delayMs },
    changed: new Map(),
    failures: [...plan.failures],
    errors: [],
  };
  await createMissing(work);
  if (!work.errors.some(endsTheRun)) await patchDrifted(work);
  if (work.failures.length > 0) throw failureOf(work);
  const names = new Map([...listed, ...work.changed.values()].map((record) => [record.name, record]));
  return fieldInventory.flatMap(({ name }) => names.get(name) ?? []);
}
