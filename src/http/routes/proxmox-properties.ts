/** Options of the datacenter, CPU models, and further properties of nodes, storages, pools and tokens, read live. */
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { cpuModelRows, cpuModels, datacenterOptions, optionRows } from '../../proxmox-reads/datacenter.js';
import { nodeConfig, storageIdentity, tokenRow, zfsPool, zfsPools } from '../../proxmox-reads/node-properties.js';
import { hasStorage } from '../../proxmox-reads/node-reads.js';
import { findNode, isMeant } from '../../proxmox-reads/one-cluster.js';
import type { ReadDeps } from '../../proxmox-reads/read-endpoints.js';
import type { ProxmoxSession } from '../../proxmox/types.js';
import type { App } from '../app-type.js';
import { textField } from '../query-fields.js';
import { answers, foreignRows } from '../route-document.js';
import { objectOrNull } from './proxmox-ha.js';
import { ClusterScope, createReadAll, NodeName, Scope, tellFailed, type ReadAll } from './read-scope.js';

const tags = ['proxmox'];
const anyRow = z.looseObject({});
const NodeParams = z.object({ node: NodeName });
const Name = z.string().min(1).max(255);

function registerDatacenter(app: App, readAll: ReadAll): void {
  app.get(
    '/proxmox/datacenter/options',
    {
      config: answers(foreignRows),
      schema: { tags, summary: 'Options of each datacenter, with the next VMID', querystring: Scope },
    },
    async (request, reply) => optionRows(await readAll(request.query, reply, datacenterOptions)),
  );
  app.get(
    '/proxmox/datacenter/cpu-models',
    {
      config: answers(foreignRows),
      schema: { tags, summary: 'Custom CPU models (Proxmox 9.2)', querystring: Scope },
    },
    async (request, reply) => cpuModelRows(await readAll(request.query, reply, cpuModels)),
  );
  app.get(
    '/proxmox/datacenter/cpu-models/:cputype',
    {
      config: answers(anyRow.nullable()),
      schema: {
        tags,
        summary: 'One of them, or null',
        params: z.object({ cputype: Name }),
        querystring: ClusterScope,
      },
    },
    async ({ params: { cputype }, query }, reply) => {
      const isOf = isMeant(query.cluster_name);
      const read = await readAll(query, reply, async (session) => (isOf(session) ? cpuModels(session) : []));
      return objectOrNull(
        reply,
        cpuModelRows(read).find((row) => row.cputype === cputype),
      );
    },
  );
}

function registerNode(app: App, deps: ReadDeps): void {
  app.get(
    '/proxmox/nodes/:node/config',
    {
      config: answers(anyRow),
      schema: { tags, summary: 'Configuration of a node', params: NodeParams, querystring: ClusterScope },
    },
    async ({ params: { node }, query }, reply) => {
      const request = { scope: query, node, clusterName: query.cluster_name, resource: 'the configuration of a node' };
      const found = await findNode({ ...request, notFound: 'Node not found' }, deps);
      tellFailed(reply, found);
      return nodeConfig(found.session, node);
    },
  );
  app.get(
    '/proxmox/nodes/:node/storage/:storage/identity',
    {
      config: answers(anyRow),
      schema: {
        tags,
        summary: 'What tells a storage apart from others of its kind (Proxmox 9.2)',
        params: NodeParams.extend({ storage: Name }),
        querystring: ClusterScope,
      },
    },
    async ({ params, query }, reply) => {
      const { node, storage } = params;
      const request = { scope: query, node, clusterName: query.cluster_name, resource: 'the identity of a storage' };
      const has = (session: ProxmoxSession) => hasStorage(session, params);
      const found = await findNode({ ...request, has, notFound: 'Node or Storage not found' }, deps);
      tellFailed(reply, found);
      return storageIdentity(found.session, node, storage);
    },
  );
}

/** Proxmox's own answer is the only source; the others are of clients that also read NetBox or the host. */
const sourced = (read: object) => ({
  source: 'proxmox_api',
  attempted_sources: [{ tier: 'proxmox_api', status: 'ok', reason: null }],
  ...read,
});

function registerPools(app: App, readAll: ReadAll): void {
  const PoolQuery = ClusterScope.extend({ node: NodeName.optional() });
  const base = '/proxmox/storage/zfs/pools';
  app.get(
    base,
    {
      config: answers(z.looseObject({ pools: foreignRows })),
      schema: { tags, summary: 'ZFS pools of the nodes', querystring: PoolQuery },
    },
    async ({ query }, reply) => {
      const isOf = isMeant(query.cluster_name);
      const readOne = async (session: ProxmoxSession) => (isOf(session) ? zfsPools(session, query.node) : []);
      const { results } = await readAll(query, reply, readOne);
      return sourced({ pools: poolsOnce(results.flat()) });
    },
  );
  app.get(
    `${base}/:pool`,
    {
      config: answers(anyRow),
      schema: {
        tags,
        summary: 'The pools of that name, with the state of their devices',
        params: z.object({ pool: Name }),
        querystring: PoolQuery,
      },
    },
    async ({ params, query }, reply) => {
      const isOf = isMeant(query.cluster_name);
      const { results } = await readAll(query, reply, async (session) => {
        const pools = isOf(session) ? await zfsPools(session, query.node) : [];
        const named = pools.filter(({ name }) => name === params.pool);
        return Promise.all(named.map((pool) => zfsPool(session, pool)));
      });
      const pools = poolsOnce(results.flat());
      if (pools.length > 0) return sourced({ pools });
      const text = `No ZFS pool '${params.pool}' was found.`;
      throw new ProxboxError('not_found', text, { detail: `${text} The account needs Sys.Audit on / to see pools.` });
    },
  );
}

/** A pool belongs to one node of one cluster, which several endpoints may show. */
function poolsOnce(pools: readonly Readonly<Record<string, unknown>>[]) {
  const keyOf = ({ cluster_name: cluster, node, name }: Readonly<Record<string, unknown>>): string =>
    JSON.stringify([cluster, node, name]);
  return [...new Map(pools.map((pool) => [keyOf(pool), pool])).values()];
}

function registerTokens(app: App, readAll: ReadAll): void {
  app.get(
    '/proxmox/access/tokens/:userid/:tokenid',
    {
      config: answers(anyRow.nullable()),
      schema: {
        tags,
        summary: 'An API token of Proxmox without its secret, or null',
        params: z.object({ userid: textField(255), tokenid: textField(255) }),
        querystring: ClusterScope,
      },
    },
    async ({ params: { userid, tokenid }, query }, reply) => {
      const isOf = isMeant(query.cluster_name);
      const readOne = async (session: ProxmoxSession) => (isOf(session) ? tokenRow(session, userid, tokenid) : null);
      const { results } = await readAll(query, reply, readOne);
      return objectOrNull(
        reply,
        results.find((row) => row !== null),
      );
    },
  );
}

export function registerProxmoxPropertyRoutes(app: App, deps: ReadDeps): void {
  const readAll = createReadAll(deps);
  registerDatacenter(app, readAll);
  registerNode(app, deps);
  registerPools(app, readAll);
  registerTokens(app, readAll);
}
