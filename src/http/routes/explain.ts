/** Why an object in NetBox is as it is: looked at now, in Proxmox and NetBox, and what runs did to it before. Writes nothing. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Ledger } from '../../ledger/ledger.js';
import type { NetBoxAccess } from '../../netbox/access.js';
import type { MachineFinder } from '../../netbox/machine-of.js';
import { explainMachine } from '../../sync/explain/machine.js';
import { parseSyncRequest } from '../../sync/request.js';
import type { SyncService } from '../../sync/service.js';
import type { Plan } from '../../sync/types.js';
import type { App } from '../app-type.js';
import { integerField } from '../query-fields.js';
import { answers } from '../route-document.js';
import { Explanation } from './explain-bodies.js';
import { itemBody } from './run-bodies.js';
import { runToEnd } from './sync/run-to-end.js';

export interface ExplainRouteDeps {
  readonly sync: Pick<SyncService, 'prepareExplanation'>;
  readonly netboxAccess: Pick<NetBoxAccess, 'machine'>;
  readonly machineOf: MachineFinder;
  readonly ledger: Pick<Ledger, 'itemsOfMachine'>;
}

const tags = ['explain'];
const config = answers(Explanation);
/** Things that runs did. */
const historyLength = 10;

const parts = { interface: 'vm-interface', 'ip-address': 'ip-address' } as const;

export function registerExplainRoutes(app: App, deps: ExplainRouteDeps): void {
  const { machineOf } = deps;
  app.get(
    '/explain/guest/:vmid',
    {
      config,
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
      explain(deps, await machineOf.ofGuest(vmid, endpoint), reply),
  );
  const OneParams = z.object({ id: integerField({ min: 1 }) });
  app.get(
    '/explain/netbox/virtual-machine/:id',
    { config, schema: { tags, summary: 'Why a virtual machine is as it is', params: OneParams } },
    async ({ params: { id } }, reply) => explain(deps, id, reply),
  );
  for (const [name, kind] of Object.entries(parts))
    app.get(
      `/explain/netbox/${name}/:id`,
      {
        config,
        schema: {
          tags,
          summary: `The same of the machine of this ${name}, with nothing but the ${name}`,
          params: OneParams,
        },
      },
      async ({ params: { id } }, reply) => {
        const whole = await explain(deps, await machineOf.ofPart(kind, id), reply);
        return { ...whole, objects: whole.objects.filter((one) => one.kind === kind && one.netbox_id === id) };
      },
    );
}

const Machine = z.looseObject({ name: z.string() });

async function explain({ sync, netboxAccess, ledger }: ExplainRouteDeps, id: number, reply: FastifyReply) {
  const { name } = Machine.parse(await netboxAccess.machine(id));
  const plans: Plan[] = [];
  const request = parseSyncRequest({ netbox_vm_ids: String(id) });
  await runToEnd(
    sync.prepareExplanation(request, (plan) => void plans.push(plan)),
    reply,
  );
  const { guest, ...told } = explainMachine(id, plans);
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
    history: ledger
      .itemsOfMachine({ netboxId: id, vmid: guest?.vmid ?? null, endpointId: guest?.endpointId ?? null }, historyLength)
      .map(({ runId, at, item }) => ({ ...itemBody(item), run_id: runId, at })),
  };
}
