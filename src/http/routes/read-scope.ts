/** What every read from Proxmox takes as query, and how it tells which endpoints are missing from its answer. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { readEndpoints, type ReadDeps, type ReadOne, type ReadResult } from '../../proxmox-reads/read-endpoints.js';
import type { EndpointScope } from '../../plugin-endpoints/select-endpoints.js';
import { isNodeName, nodeNamePattern } from '../../proxmox/host.js';
import { integerField, textField } from '../query-fields.js';
import { said } from '../route-document.js';

/** The rules and their errors are in plugin-endpoints/select-endpoints.ts. */
export const EndpointIds = said(textField(4096).optional(), {
  maxLength: 255,
  pattern: String.raw`^\s*(\d{1,15}\s*)?(,\s*(\d{1,15}\s*)?){0,99}$`,
});
export const Source = said(textField(255).optional(), { enum: ['', 'database', 'netbox'] });

export const Scope = z.object({
  source: Source,
  proxmox_endpoint_ids: EndpointIds,
  endpoint_ids: EndpointIds,
  ip_address: textField(45).optional(),
  domain: textField(255).optional(),
  name: textField(255).optional(),
  /** Selects nothing: clients send it beside `ip_address` and `domain`. */
  port: integerField({ min: 1, max: 65_535 }).optional(),
});

/** For reads of one cluster: which, when several of the scope have a node of that name. */
export const ClusterScope = Scope.extend({ cluster_name: textField(255).optional() });

export const NodeName = said(z.string().refine(isNodeName, { error: 'must be the name of a Proxmox node' }), {
  maxLength: 255,
  pattern: nodeNamePattern.source,
});

/** Runs a read on every endpoint of the scope and names the failed ones in a header. */
export type ReadAll = <T>(scope: EndpointScope, reply: FastifyReply, readOne: ReadOne<T>) => Promise<ReadResult<T>>;

export function tellFailed(reply: FastifyReply, { failedIds }: Pick<ReadResult<unknown>, 'failedIds'>): void {
  if (failedIds.length > 0) reply.header('x-proxbox-failed-endpoints', failedIds.join(','));
}

export function createReadAll(deps: ReadDeps): ReadAll {
  return async (scope, reply, readOne) => {
    const result = await readEndpoints(scope, readOne, deps);
    tellFailed(reply, result);
    return result;
  };
}
