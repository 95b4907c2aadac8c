/** High availability, read live. A resource or group that does not exist is null with 200: clients read 404 as "too old". */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { errorText } from '../../errors/proxbox-error.js';
import {
  haFailureRow,
  readHaGroups,
  readHaManager,
  readHaResourceOfGuest,
  readHaResources,
  readHaRules,
  readHaScheduling,
  readHaStatus,
  readHaSummary,
} from '../../proxmox-reads/ha.js';
import type { ReadDeps } from '../../proxmox-reads/read-endpoints.js';
import { uniqueRows } from '../../proxmox-reads/unique-rows.js';
import type { App } from '../app-type.js';
import { integerField } from '../query-fields.js';
import { answers, foreignRows } from '../route-document.js';
import { createReadAll, Scope, type ReadAll } from './read-scope.js';

const tags = ['proxmox'];
const ha = '/proxmox/cluster/ha';
const Summary = z.object({ status: foreignRows, groups: foreignRows, resources: foreignRows, rules: foreignRows });
const VmidParams = z.object({ vmid: integerField({ min: 1, max: 999_999_999 }) });
const GroupParams = z.object({ group: z.string().min(1).max(128) });

/** Fastify sends null as an empty body. */
export function objectOrNull(reply: FastifyReply, value: object | null | undefined): FastifyReply {
  return value === null || value === undefined ? reply.type('application/json').send('null') : reply.send(value);
}

export function registerProxmoxHaRoutes(app: App, deps: ReadDeps): void {
  const readAll = createReadAll(deps);
  registerSummary(app, readAll);
  registerLists(app, readAll);
  registerSingles(app, readAll);
  registerManagers(app, readAll);
}

function registerSummary(app: App, readAll: ReadAll): void {
  app.get(
    `${ha}/summary`,
    {
      config: answers(Summary),
      schema: { tags, summary: 'Status, groups, resources and rules at once', querystring: Scope },
    },
    async (request, reply) => {
      const { results, failures } = await readAll(request.query, reply, readHaSummary);
      const failed = failures.map(({ endpoint, error }) => haFailureRow(endpoint.name, error));
      return {
        status: [
          ...uniqueRows(
            results.flatMap(({ status }) => status),
            'id',
          ),
          ...failed,
        ],
        groups: uniqueRows(
          results.flatMap(({ groups }) => groups),
          'group',
        ),
        resources: uniqueRows(
          results.flatMap(({ resources }) => resources),
          'sid',
        ),
        rules: uniqueRows(
          results.flatMap(({ rules }) => rules),
          'rule',
        ),
      };
    },
  );
}

function registerLists(app: App, readAll: ReadAll): void {
  app.get(
    `${ha}/status`,
    { config: answers(foreignRows), schema: { tags, summary: 'What high availability is doing', querystring: Scope } },
    async (request, reply) => {
      const { results, failures } = await readAll(request.query, reply, readHaStatus);
      const failed = failures.map(({ endpoint, error }) => haFailureRow(endpoint.name, error));
      return [...uniqueRows(results.flat(), 'id'), ...failed];
    },
  );
  app.get(
    `${ha}/resources`,
    { config: answers(foreignRows), schema: { tags, summary: 'Managed guests', querystring: Scope } },
    async (request, reply) => uniqueRows((await readAll(request.query, reply, readHaResources)).results.flat(), 'sid'),
  );
  app.get(
    `${ha}/groups`,
    { config: answers(foreignRows), schema: { tags, summary: 'Groups of nodes (Proxmox 8)', querystring: Scope } },
    async (request, reply) => uniqueRows((await readAll(request.query, reply, readHaGroups)).results.flat(), 'group'),
  );
  app.get(
    `${ha}/rules`,
    { config: answers(foreignRows), schema: { tags, summary: 'Affinity rules (Proxmox 9)', querystring: Scope } },
    async (request, reply) => uniqueRows((await readAll(request.query, reply, readHaRules)).results.flat(), 'rule'),
  );
}

function registerSingles(app: App, readAll: ReadAll): void {
  app.get(
    `${ha}/resources/by-vm/:vmid`,
    {
      config: answers(z.looseObject({}).nullable()),
      schema: { tags, summary: 'How a guest is managed, or null', params: VmidParams, querystring: Scope },
    },
    async ({ params, query }, reply) => {
      const read = await readAll(query, reply, (session) => readHaResourceOfGuest(session, params.vmid));
      return objectOrNull(
        reply,
        read.results.find((row) => row !== null),
      );
    },
  );
  app.get(
    `${ha}/groups/:group`,
    {
      config: answers(z.looseObject({}).nullable()),
      schema: { tags, summary: 'One group, or null', params: GroupParams, querystring: Scope },
    },
    async ({ params, query }, reply) => {
      const { results } = await readAll(query, reply, readHaGroups);
      return objectOrNull(
        reply,
        results.flat().find(({ group }) => group === params.group),
      );
    },
  );
}

function registerManagers(app: App, readAll: ReadAll): void {
  app.get(
    `${ha}/manager-status`,
    { config: answers(foreignRows), schema: { tags, summary: 'State of the managers', querystring: Scope } },
    async (request, reply) => uniqueRows((await readAll(request.query, reply, readHaManager)).results, 'cluster_name'),
  );
  app.get(
    `${ha}/crs`,
    { config: answers(foreignRows), schema: { tags, summary: 'How resources are placed', querystring: Scope } },
    async (request, reply) => {
      const { results, failures } = await readAll(request.query, reply, readHaScheduling);
      const failed = failures.map(({ endpoint, error }) => ({
        cluster_name: endpoint.name,
        ha: null,
        status: 'error',
        error: errorText(error),
      }));
      return [...uniqueRows(results, 'cluster_name'), ...failed];
    },
  );
}
