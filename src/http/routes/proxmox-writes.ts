/** Changes of CPU models and of the secrets of API tokens. They name their cluster; who asks, the gate, then the body. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  changeCpuModel,
  CpuModelBody,
  CpuModelChange,
  CpuModelName,
  createCpuModel,
  deleteCpuModel,
} from '../../proxmox-writes/cpu-models.js';
import { renewToken, type TokenDeps } from '../../proxmox-writes/tokens.js';
import type { App } from '../app-type.js';
import type { RouteDocument } from '../route-document.js';
import { actorHeader, requiredActor } from './actor.js';
import { checkedBody } from './checked-body.js';
import { ClusterScope } from './read-scope.js';

type Query = z.infer<typeof ClusterScope>;

function writeOf(request: FastifyRequest, query: Query) {
  const path = request.routeOptions.url ?? '';
  return {
    scope: query,
    clusterName: query.cluster_name,
    actor: requiredActor(request, 'Proxmox writes require the X-Proxbox-Actor header.'),
    path,
  };
}

const headers = actorHeader('log');
const Model = z.looseObject({ cluster_name: z.string(), cputype: z.string() });
const document = (body?: z.ZodType): { readonly document: RouteDocument } => ({
  document: { answers: { 200: Model }, headers, ...(body === undefined ? {} : { body }) },
});

function registerCpuModels(app: App, deps: TokenDeps): void {
  const tags = ['proxmox'];
  const base = '/proxmox/datacenter/cpu-models';
  const params = z.object({ cputype: CpuModelName });
  app.post(
    base,
    {
      config: document(CpuModelBody),
      schema: { tags, summary: 'Make a custom CPU model (Proxmox 9.2)', querystring: ClusterScope },
    },
    async (request) => createCpuModel(writeOf(request, request.query), checkedBody(CpuModelBody, request.body), deps),
  );
  app.put(
    `${base}/:cputype`,
    {
      config: document(CpuModelChange),
      schema: { tags, summary: 'Change a custom CPU model (Proxmox 9.2)', params, querystring: ClusterScope },
    },
    async (request) => {
      const write = writeOf(request, request.query);
      const body = checkedBody(CpuModelChange, request.body);
      return changeCpuModel(write, { name: request.params.cputype, body }, deps);
    },
  );
  app.delete(
    `${base}/:cputype`,
    {
      config: document(),
      schema: { tags, summary: 'Delete a custom CPU model (Proxmox 9.2)', params, querystring: ClusterScope },
    },
    async (request) => deleteCpuModel(writeOf(request, request.query), request.params.cputype, deps),
  );
}

const Renewed = z.object({
  cluster_name: z.string(),
  userid: z.string(),
  tokenid: z.string(),
  value: z.string().describe('The new secret. Proxmox never tells it again'),
  full_tokenid: z.string(),
  stored_for: z.array(z.int()).describe('Ids of the endpoints here that know it'),
  status: z.enum(['ok', 'error']),
  error: z.string().nullable(),
  note: z.string().nullable(),
});

export function registerProxmoxWriteRoutes(app: App, deps: TokenDeps): void {
  registerCpuModels(app, deps);
  const name = z.string().min(1).max(255);
  app.put(
    '/proxmox/access/tokens/:userid/:tokenid/regenerate',
    {
      config: { document: { answers: { 200: Renewed }, headers } },
      schema: {
        tags: ['proxmox'],
        summary: 'Give an API token of Proxmox a new secret (9.2)',
        params: z.object({ userid: name, tokenid: name }),
        querystring: ClusterScope,
      },
    },
    async (request) => renewToken(writeOf(request, request.query), request.params, deps),
  );
}
