/** Why an object in NetBox is as it is: looked at now, in Proxmox and NetBox, and what runs did to it before. Writes nothing. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { NetBoxAccess } from '../../netbox/access.js';
import type { FoundMachines as Found, MachineSearch } from '../../netbox/machine-search.js';
import type { Owner, OwnerFinder, Part } from '../../netbox/owner-of.js';
import { explainDevice, explainMachine } from '../../sync/explain/object.js';
import { parseSyncRequest, type RawQuery } from '../../sync/request.js';
import type { SyncService } from '../../sync/service.js';
import { machineJob, type StageJob } from '../../sync/stages/index.js';
import { nodeJob } from '../../sync/stages/parts.js';
import type { Plan } from '../../sync/types.js';
import type { App } from '../app-type.js';
import { integerField, textField } from '../query-fields.js';
import { answers } from '../route-document.js';
import { DeviceExplanation, Explanation, FoundMachines } from './explain-bodies.js';
import { itemBody } from './run-bodies.js';
import { runToEnd } from './sync/run-to-end.js';

export interface ExplainRouteDeps {
  readonly sync: Pick<SyncService, 'prepareExplanation'>;
  readonly netboxAccess: Pick<NetBoxAccess, 'row'>;
  readonly ownerOf: OwnerFinder;
  readonly machineSearch: MachineSearch;
  readonly ledger: Pick<Ledger, 'itemsOfObject'>;
}

const tags = ['explain'];
/** Things that runs did. */
const historyLength = 10;

const parts = {
  interface: 'vm-interface',
  'device-interface': 'node-interface',
  'ip-address': 'ip-address',
} as const satisfies Record<string, Part>;

const OneParams = z.object({ id: integerField({ min: 1 }) });

export function registerExplainRoutes(app: App, deps: ExplainRouteDeps): void {
  registerSearch(app, deps);
  registerWholes(app, deps);
  registerParts(app, deps);
}

function registerSearch(app: App, { machineSearch }: ExplainRouteDeps): void {
  app.get(
    '/explain/search',
    {
      config: answers(FoundMachines),
      schema: {
        tags,
        summary: 'Machines of guests by what is known of them',
        querystring: z.object({
          text: textField(200).describe('Part of the name, VMID, IP address or MAC address'),
          limit: integerField({ min: 1, max: 100 }).default(20),
        }),
      },
    },
    async ({ query: { text, limit } }) => {
      if (text.trim() === '') throw new ProxboxError('invalid_request', 'text= is empty: name what to look for.');
      return foundBody(await machineSearch.find(text, limit));
    },
  );
}

function foundBody({ found, hasMore }: Found): z.infer<typeof FoundMachines> {
  const machines = found.map(({ netboxId, endpointId, foundBy, ...machine }) => ({
    ...machine,
    netbox_id: netboxId,
    endpoint_id: endpointId,
    found_by: foundBy,
  }));
  return { machines, has_more: hasMore };
}

function registerWholes(app: App, deps: ExplainRouteDeps): void {
  const { ownerOf } = deps;
  app.get(
    '/explain/guest/:vmid',
    {
      config: answers(Explanation),
      schema: {
        tags,
        summary: 'Why the machine of a guest is as it is',
        params: z.object({ vmid: integerField({ min: 1 }) }),
        querystring: z.object({
          endpoint: integerField({ min: 1 })
            .optional()
            .describe('Id of a stored Proxmox endpoint, where several have the VMID'),
        }),
      },
    },
    async ({ params: { vmid }, query: { endpoint } }, reply) =>
      ofMachine(deps, await ownerOf.ofGuest(vmid, endpoint), reply),
  );
  app.get(
    '/explain/netbox/virtual-machine/:id',
    { config: answers(Explanation), schema: { tags, summary: 'Why a virtual machine is as it is', params: OneParams } },
    async ({ params: { id } }, reply) => ofMachine(deps, id, reply),
  );
  app.get(
    '/explain/netbox/device/:id',
    {
      config: answers(DeviceExplanation),
      schema: { tags, summary: 'Why the device of a node is as it is', params: OneParams },
    },
    async ({ params: { id } }, reply) => ofDevice(deps, id, reply),
  );
}

function registerParts(app: App, deps: ExplainRouteDeps): void {
  for (const [name, kind] of Object.entries(parts))
    app.get(
      `/explain/netbox/${name}/:id`,
      {
        config: answers(z.union([Explanation, DeviceExplanation])),
        schema: {
          tags,
          summary: `The same of the machine or device of this ${name}, with nothing but the ${name}`,
          params: OneParams,
        },
      },
      async ({ params: { id } }, reply) => {
        const whole = await ofOwner(deps, await deps.ownerOf.ofPart(kind, id), reply);
        return { ...whole, objects: whole.objects.filter((one) => one.kind === kind && one.netbox_id === id) };
      },
    );
}

function ofOwner(deps: ExplainRouteDeps, { kind, id }: Owner, reply: FastifyReply) {
  return kind === 'device' ? ofDevice(deps, id, reply) : ofMachine(deps, id, reply);
}

const Named = z.looseObject({ name: z.string() });

/** What the stages of a job would do, of which nothing is done. */
async function plansOf(
  { sync }: ExplainRouteDeps,
  { job, query, reply }: { readonly job: StageJob; readonly query: RawQuery; readonly reply: FastifyReply },
): Promise<readonly Plan[]> {
  const plans: Plan[] = [];
  const take = (plan: Plan): void => void plans.push(plan);
  await runToEnd(sync.prepareExplanation(job, parseSyncRequest(query), take), reply);
  return plans;
}

function historyOf({ ledger }: ExplainRouteDeps, ids: Parameters<Ledger['itemsOfObject']>[0]) {
  return ledger
    .itemsOfObject(ids, historyLength)
    .map(({ runId, at, item }) => ({ ...itemBody(item), run_id: runId, at }));
}

async function ofMachine(deps: ExplainRouteDeps, id: number, reply: FastifyReply) {
  const { name } = Named.parse(await deps.netboxAccess.row('virtual-machine', id));
  const plans = await plansOf(deps, { job: machineJob, query: { netbox_vm_ids: String(id) }, reply });
  const { source: guest, ...told } = explainMachine(id, plans);
  return {
    machine: { netbox_id: id, name },
    recognised_by:
      guest === null
        ? 'No guest was recognised: by sync state (endpoint, VMID, type), by cluster and VMID, or by name.'
        : `Endpoint ${guest.endpointId}, VMID ${guest.vmid ?? '?'} and type ${guest.type ?? '?'}, as its sync state says.`,
    ...told,
    guest:
      guest === null
        ? null
        : {
            endpoint_id: guest.endpointId,
            cluster: guest.cluster,
            node: guest.node ?? null,
            vmid: guest.vmid ?? null,
            type: guest.type ?? null,
          },
    history: historyOf(deps, {
      kind: 'virtual-machine',
      netboxId: id,
      vmid: guest?.vmid ?? null,
      endpointId: guest?.endpointId ?? null,
    }),
  };
}

async function ofDevice(deps: ExplainRouteDeps, id: number, reply: FastifyReply) {
  const { name } = Named.parse(await deps.netboxAccess.row('device', id));
  const { node, endpointId, cluster } = await deps.ownerOf.nodeOf(id);
  const plans = await plansOf(deps, {
    job: nodeJob({ node, clusterName: undefined }),
    query: { proxmox_endpoint_ids: String(endpointId) },
    reply,
  });
  const { source, ...told } = explainDevice(node, plans);
  return {
    device: { netbox_id: id, name },
    recognised_by: `Endpoint ${endpointId} and node "${node}" of "${cluster}", as its sync state says.`,
    ...told,
    node: source === null ? null : { endpoint_id: source.endpointId, cluster: source.cluster, node },
    history: historyOf(deps, { kind: 'device', netboxId: id, vmid: null, endpointId: null }),
  };
}
