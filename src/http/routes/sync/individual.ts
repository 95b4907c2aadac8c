/** Syncs of single objects: one route per row of the table, all parameters in the query. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ProxboxError } from '../../../errors/proxbox-error.js';
import { statusOfAnswer } from '../../../sync/individual/answer.js';
import { individualTable, machineEntry } from '../../../sync/individual/table.js';
import type { IndividualAction, IndividualEntry, ObjectQuery, ParamName } from '../../../sync/individual/types.js';
import { parseSyncRequest, type SyncRequest } from '../../../sync/request.js';
import type { SyncService } from '../../../sync/service.js';
import type { App } from '../../app-type.js';
import { booleanField, integerField, requiredTextField } from '../../query-fields.js';
import type { RouteDocument } from '../../route-document.js';
import { askedBy, callerOf } from '../actor.js';

export interface IndividualRouteDeps {
  readonly sync: Pick<SyncService, 'individual'>;
}

const Name = requiredTextField(255);
/** Chosen by Proxmox, with a path in it. */
const LongName = requiredTextField(1024);

const fields = {
  cluster_name: Name.describe('Name of the Proxmox cluster, or of the node without one'),
  node_name: Name.describe('Name of the node'),
  node: Name.describe('Node of the guest; one that has migrated is found all the same'),
  type: z.enum(['qemu', 'lxc']).describe('Kind of the guest'),
  vmid: integerField({ min: 1 }).describe('Number of the guest'),
  storage_name: Name.describe('Name of the storage'),
  storage: Name.describe('Name of the storage that holds the backup'),
  volid: LongName.describe('Volume id of the backup'),
  snapshot_name: Name.describe('Name of the snapshot'),
  upid: LongName.describe('UPID of the task; absent = the newest one'),
  interface_name: Name.describe('Name of the interface'),
  ip_address: Name.describe('Address of the guest'),
  disk_name: Name.describe('Key of the disk in the configuration: scsi0, rootfs'),
  replication_id: Name.describe('Id of the replication job: 100-0'),
  job_id: Name.describe('Id of the backup job'),
} as const satisfies Record<ParamName, z.ZodType>;

const common = {
  dry_run: booleanField.default(false).describe('true: says what is there and writes nothing'),
  auto_create_vm: booleanField.default(true).describe('true: a missing virtual machine is created first'),
  auto_create_storage: booleanField.default(true).describe('true: a missing row of the storage is created first'),
};

/** The required fields; unknown keys pass, as the plugin adds those of the parent object to every call. */
function querySchema(required: readonly ParamName[], optional: readonly ParamName[] = []) {
  const shape: Partial<Record<ParamName, z.ZodType>> = {};
  for (const name of required) shape[name] = fields[name];
  for (const name of optional) shape[name] = z.union([z.literal(''), fields[name]]).optional();
  return z.looseObject({ ...shape, ...common });
}

const foreignObject = z.looseObject({}).nullable();
const actions = ['created', 'updated', 'unchanged', 'noop', 'dry_run', 'error'] as const satisfies IndividualAction[];
const action = z.enum(actions);
const Answer = z.object({
  object_type: z.string(),
  action,
  proxmox_resource: foreignObject,
  netbox_object: foreignObject,
  dry_run: z.boolean(),
  dependencies_synced: z.array(z.looseObject({ object_type: z.string(), action: z.string(), name: z.string() })),
  error: z.string().nullable(),
  reason: z.string().optional(),
  detail: z.string().optional(),
  items: z
    .array(
      z.object({
        name: z.string(),
        action,
        netbox_object: foreignObject,
        error: z.string().nullable(),
        reason: z.string().optional(),
      }),
    )
    .optional(),
});
const config = { previews: true, document: { answers: { 200: Answer } } satisfies RouteDocument };

export function registerIndividualRoutes(app: App, deps: IndividualRouteDeps): void {
  for (const entry of individualTable) {
    app.route({
      method: [...entry.methods],
      url: `/sync/individual${entry.path}`,
      config,
      schema: {
        tags: ['sync'],
        summary: `Syncs one object: ${entry.objectType}`,
        querystring: querySchema(entry.required, entry.optional),
      },
      handler: (request, reply) => answer(deps, entry, request, reply),
    });
  }
  const { cluster_name, node, type, vmid } = fields;
  app.get(
    '/sync/individual/vm/:cluster_name/:node/:type/:vmid',
    {
      config,
      schema: {
        tags: ['sync'],
        summary: 'Syncs one object: vm, named by the path',
        params: z.object({ cluster_name, node, type, vmid }),
        querystring: querySchema([]),
      },
    },
    (request, reply) => answer(deps, machineEntry, request, reply),
  );
}

async function answer(
  { sync }: IndividualRouteDeps,
  entry: IndividualEntry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = { ...Loose.parse(request.query), ...Loose.parse(request.params) };
  const abort = new AbortController();
  const onClose = (): void => {
    if (!reply.raw.writableFinished) abort.abort(new ProxboxError('cancelled', 'The client closed the connection.'));
  };
  reply.raw.once('close', onClose);
  try {
    const result = await sync.individual.sync(
      entry,
      objectQuery(query),
      askedBy(callerOf(request), syncRequest(query)),
      abort.signal,
    );
    if (result.retryAfterS !== undefined)
      reply.header('retry-after', String(Math.max(1, Math.ceil(result.retryAfterS))));
    return await reply.status(result.status).header('x-proxbox-status', statusOfAnswer(result)).send(result.answer);
  } finally {
    reply.raw.off('close', onClose);
  }
}

const Loose = z.record(z.string(), z.unknown()).default({});
type Loose = z.infer<typeof Loose>;

/** Keys that choose an endpoint or machines elsewhere mean the object here, or nothing. */
const otherMeaning: ReadonlySet<string> = new Set(['ip_address', 'domain', 'name', 'port', 'source', 'netbox_vm_ids']);

function syncRequest(query: Loose): SyncRequest {
  const texts = Object.entries(query).flatMap(([key, value]): readonly [string, string][] => {
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    const isPlain = typeof last === 'string' || typeof last === 'boolean' || typeof last === 'number';
    return otherMeaning.has(key) || !isPlain ? [] : [[key, String(last)]];
  });
  return parseSyncRequest(Object.fromEntries(texts));
}

/** What the schema of the row did not ask for is taken where it is usable, and otherwise not given. */
function objectQuery(query: Loose): ObjectQuery {
  const text = (name: ParamName): string => {
    const parsed = fields[name].safeParse(query[name]);
    return parsed.success ? String(parsed.data) : '';
  };
  const type = fields.type.safeParse(query['type']);
  const vmid = fields.vmid.safeParse(query['vmid']);
  return {
    cluster_name: text('cluster_name'),
    node_name: text('node_name'),
    node: text('node'),
    type: type.success ? type.data : '',
    vmid: vmid.success ? vmid.data : 0,
    storage_name: text('storage_name'),
    storage: text('storage'),
    volid: text('volid'),
    snapshot_name: text('snapshot_name'),
    upid: text('upid'),
    interface_name: text('interface_name'),
    ip_address: text('ip_address'),
    disk_name: text('disk_name'),
    replication_id: text('replication_id'),
    job_id: text('job_id'),
    auto_create_vm: query['auto_create_vm'] !== false,
    auto_create_storage: query['auto_create_storage'] !== false,
  };
}
