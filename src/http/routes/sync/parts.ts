/** Parts of stages by routes of their own, as scripts for the Python service call them; JSON only. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { stageJson } from '../../../sync/json-result.js';
import type { SyncService } from '../../../sync/service.js';
import { stageTable, type StageEntry } from '../../../sync/stages/index.js';
import { partOf, type PartName, type PartQuery } from '../../../sync/stages/parts.js';
import type { App } from '../../app-type.js';
import { requiredTextField } from '../../query-fields.js';
import { Query, shownRequestOf } from './query.js';
import { objects, runToEnd, withFailures } from './run-to-end.js';

const Name = requiredTextField(255);
/** Left out or empty: all. */
const orAll = <Field extends z.ZodType>(field: Field) => z.union([z.literal(''), field]).optional();

const cluster_name = orAll(Name).describe('Name of the Proxmox cluster, where two have a node of this name');
/** Stays text, as everything in the query of a sync. */
const vmid = orAll(z.string().regex(/^\s*0*[1-9]\d{0,14}\s*$/)).describe('Number of the guest; absent = all');
const node = Name.describe('Name of the node');
const storage = Name.describe('Name of the storage');

interface PartRoute {
  readonly part: PartName;
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query: z.ZodObject;
}

const vms = '/virtualization/virtual-machines';
const routes: readonly PartRoute[] = [
  {
    part: 'node-interfaces',
    path: '/dcim/devices/:node/interfaces/create',
    summary: 'Sync the interfaces of one node',
    params: z.object({ node }),
    query: Query.extend({ cluster_name }),
  },
  {
    part: 'backups',
    path: `${vms}/backups/create`,
    summary: 'Sync the backups on one storage, of all guests or of one',
    query: Query.extend({ cluster_name, node, storage, vmid }),
  },
  {
    part: 'snapshots',
    path: `${vms}/snapshots/create`,
    summary: 'Sync the snapshots of the guests of one node, or of one guest',
    query: Query.extend({ cluster_name, node: orAll(Name).describe('Name of the node; absent = all'), vmid }),
  },
];

const Named = z.looseObject({ cluster_name, node: orAll(Name), storage: orAll(Name), vmid });

export function registerPartRoutes(app: App, { sync }: { readonly sync: Pick<SyncService, 'prepareStage'> }): void {
  for (const { part, path, summary, params = z.object({}), query } of routes) {
    const schema = { tags: ['sync'], summary, params, querystring: query };
    app.get(path, { config: objects, schema }, async (request, reply) => {
      const entry: StageEntry = { ...entryOf(part), stage: partOf(part, partQuery(request)) };
      const ended = await runToEnd(sync.prepareStage(entry, shownRequestOf(request)), reply);
      return withFailures(reply, ended).send(stageJson(entry, ended));
    });
  }
}

/** How the whole stage answers. */
function entryOf(part: PartName): StageEntry {
  const entry = stageTable.find(({ stage }) => stage.name === part);
  if (entry === undefined) throw new Error(`No stage is called ${part}.`);
  return entry;
}

function partQuery({ query, params }: FastifyRequest): PartQuery {
  const given = Named.parse({ ...Object(query), ...Object(params) });
  const named = <T>(value: T | '' | undefined): T | undefined => (value === '' ? undefined : value);
  return {
    clusterName: named(given.cluster_name),
    node: named(given.node),
    storage: named(given.storage),
    vmid: named(given.vmid) === undefined ? undefined : Number(given.vmid),
  };
}
