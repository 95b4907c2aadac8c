/** Live reads of one node, its storages and its guests. */
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { guestConfigAnswer } from '../../proxmox-reads/guest-config.js';
import { hasStorage, interfaceTypes, nodeGuests, nodeNetwork, storageContent } from '../../proxmox-reads/node-reads.js';
import { findNode, type NodeRequest } from '../../proxmox-reads/one-cluster.js';
import type { ProxmoxSession } from '../../proxmox/types.js';
import type { ReadDeps } from '../../proxmox-reads/read-endpoints.js';
import type { App } from '../app-type.js';
import { integerField, textField } from '../query-fields.js';
import { answers, foreignRows, said } from '../route-document.js';
import { ClusterScope, NodeName, Scope, tellFailed } from './read-scope.js';

const tags = ['proxmox'];
const maxVmid = 999_999_999;

const NodeParams = z.object({ node: NodeName });
const GuestParams = z.object({
  node: NodeName,
  type: said(z.string(), { enum: ['qemu', 'lxc'] }),
  vmid: integerField({ min: 1, max: maxVmid }),
});
const StorageId = z.string().regex(/^[A-Za-z][A-Za-z0-9\-_.]{0,99}$/, 'must be the id of a Proxmox storage');

const NetworkQuery = ClusterScope.extend({ type: z.enum(interfaceTypes).optional() });
const ContentQuery = ClusterScope.extend({
  vmid: integerField({ min: 1, max: maxVmid }).optional(),
  content: textField(64).optional(),
});

type ClusterQuery = z.infer<typeof ClusterScope>;

function nodeRequest(query: ClusterQuery, node: string, resource: string): NodeRequest {
  return { scope: query, node, clusterName: query.cluster_name, resource, notFound: 'Node not found' };
}

function guestTypeOf(type: string): 'qemu' | 'lxc' {
  if (type === 'qemu' || type === 'lxc') return type;
  throw new ProxboxError('bad_request', "Invalid VM Type. Use 'qemu' or 'lxc'.");
}

function registerNodeLists(app: App, deps: ReadDeps): void {
  app.get(
    '/proxmox/nodes/:node/network',
    {
      config: answers(foreignRows),
      schema: { tags, summary: 'Network interfaces of a node', params: NodeParams, querystring: NetworkQuery },
    },
    async ({ params, query }, reply) => {
      const found = await findNode(nodeRequest(query, params.node, 'the network of a node'), deps);
      tellFailed(reply, found);
      return nodeNetwork(found.session, params.node, query.type);
    },
  );
  for (const type of ['qemu', 'lxc'] as const) {
    const summary = type === 'qemu' ? 'Virtual machines of a node' : 'Containers of a node';
    app.get(
      `/proxmox/nodes/:node/${type}`,
      { config: answers(foreignRows), schema: { tags, summary, params: NodeParams, querystring: ClusterScope } },
      async ({ params, query }, reply) => {
        const found = await findNode(nodeRequest(query, params.node, 'the guests of a node'), deps);
        tellFailed(reply, found);
        return nodeGuests(found.session, params.node, type);
      },
    );
  }
}

export function registerProxmoxNodeReadRoutes(app: App, deps: ReadDeps): void {
  registerNodeLists(app, deps);
  app.get(
    '/proxmox/nodes/:node/storage/:storage/content',
    {
      config: answers(foreignRows),
      schema: {
        tags,
        summary: 'Volumes on a storage',
        params: NodeParams.extend({ storage: StorageId }),
        querystring: ContentQuery,
      },
    },
    async ({ params, query }, reply) => {
      const request = nodeRequest(query, params.node, 'the content of a storage');
      const has = (session: ProxmoxSession) => hasStorage(session, params);
      const found = await findNode({ ...request, notFound: 'Node or Storage not found', has }, deps);
      tellFailed(reply, found);
      return storageContent(found.session, { ...params, vmid: query.vmid, content: query.content });
    },
  );
  app.get(
    '/proxmox/:node/:type/:vmid/config',
    {
      config: answers(z.looseObject({})),
      schema: { tags, summary: 'Configuration of a guest', params: GuestParams, querystring: Scope },
    },
    async ({ params, query }, reply) => {
      const answer = await guestConfigAnswer(query, { ...params, type: guestTypeOf(params.type) }, deps);
      tellFailed(reply, answer);
      return answer.body;
    },
  );
}
