/** Live reads from Proxmox for the plugin's pages. Nothing is stored. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { createClusterStatusReader } from '../../proxmox-reads/cluster-status.js';
import { mergeByName, nodeRows, resourceRow } from '../../proxmox-reads/flat-rows.js';
import { storagesWithUsage } from '../../proxmox-reads/node-reads.js';
import type { ReadDeps, ReadOne } from '../../proxmox-reads/read-endpoints.js';
import type { EndpointScope } from '../../plugin-endpoints/select-endpoints.js';
import { describeSession } from '../../proxmox-reads/session-summary.js';
import type { Schemas } from '../../proxmox-schema/schemas.js';
import type { App } from '../app-type.js';
import { answers, foreignRows } from '../route-document.js';
import { createReadAll, Scope } from './read-scope.js';

const ResourceScope = Scope.extend({ type: z.enum(['vm', 'storage', 'node', 'sdn']).optional() });

const noConnections = 'No Proxmox active connections found, not able to retrieve version information';
const tags = ['proxmox'];

type Read = <T>(scope: EndpointScope, reply: FastifyReply, readOne: ReadOne<T>) => Promise<readonly T[]>;

export interface ProxmoxReadDeps extends ReadDeps {
  readonly proxmoxSchemas: Pick<Schemas, 'tags'>;
}

export function registerProxmoxReadRoutes(app: App, deps: ProxmoxReadDeps): void {
  const readAll = createReadAll(deps);
  const read: Read = async (scope, reply, readOne) => (await readAll(scope, reply, readOne)).results;
  registerSessionReads(app, read, deps.proxmoxSchemas);
  registerListReads(app, read);
}

function registerSessionReads(app: App, read: Read, schemas: ProxmoxReadDeps['proxmoxSchemas']): void {
  const readClusterStatus = createClusterStatusReader();

  app.get(
    '/proxmox/sessions',
    { config: answers(foreignRows), schema: { tags, summary: 'Connected endpoints', querystring: Scope } },
    async (request, reply) =>
      read(request.query, reply, async (session, endpoint) => describeSession(session, endpoint, schemas.tags())),
  );
  app.get(
    '/proxmox/version',
    { config: answers(foreignRows), schema: { tags, summary: 'Versions by session', querystring: Scope } },
    async (request, reply) => {
      const versions = await read(request.query, reply, async ({ name, version }) => ({ [name]: version }));
      if (versions.length === 0) throw new ProxboxError('not_found', noConnections);
      return versions;
    },
  );
  app.get(
    '/proxmox/cluster/status',
    { config: answers(foreignRows), schema: { tags, summary: 'Clusters and nodes', querystring: Scope } },
    async (request, reply) => read(request.query, reply, readClusterStatus),
  );
}

function registerListReads(app: App, read: Read): void {
  app.get(
    '/proxmox/nodes',
    { config: answers(foreignRows), schema: { tags, summary: 'One entry per node', querystring: Scope } },
    async (request, reply) => {
      const parts = await read(request.query, reply, async (session) => ({
        name: session.name,
        rows: nodeRows(await session.get('nodes')),
      }));
      const merged = mergeByName(parts, 'node');
      return merged.flatMap((part) =>
        Object.entries(part).flatMap(([name, rows]) => rows.map((row) => ({ [name]: row }))),
      );
    },
  );
  app.get(
    '/proxmox/cluster/resources',
    {
      config: answers(foreignRows),
      schema: { tags, summary: 'Guests, nodes and storages', querystring: ResourceScope },
    },
    async (request, reply) => {
      const { type } = request.query;
      const parts = await read(request.query, reply, async (session) => ({
        name: session.name,
        rows: (await session.resources(type)).map(resourceRow),
      }));
      return mergeByName(parts, 'id');
    },
  );
  app.get(
    '/proxmox/storage',
    { config: answers(foreignRows), schema: { tags, summary: 'Storages with their usage', querystring: Scope } },
    async (request, reply) => {
      const parts = await read(request.query, reply, async (session) => ({
        name: session.name,
        rows: await storagesWithUsage(session),
      }));
      return mergeByName(parts, 'storage');
    },
  );
}
