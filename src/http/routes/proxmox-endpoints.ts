/** The stored Proxmox endpoints. */
import { z } from 'zod';
import {
  ProxmoxEndpointCreate,
  ProxmoxEndpointRecord as Endpoint,
  ProxmoxEndpointUpdate,
} from '../../endpoints/bodies.js';
import type { Patience } from '../../endpoints/endpoint-store.js';
import type { ProxmoxEndpointStore } from '../../endpoints/proxmox-endpoints.js';
import type { App } from '../app-type.js';
import { recordBodyLimit } from '../plugins/request-limits.js';
import { integerField } from '../query-fields.js';
import { Deleted, ListWindow } from './endpoint-schemas.js';

/** `warnings` only where there is something to say of what was sent. */
const SavedEndpoint = Endpoint.extend({ warnings: z.array(z.string()).optional() });

const Params = z.object({ endpoint_id: integerField() });

const tags = ['proxmox'];
const bodyLimit = recordBodyLimit;

interface ProxmoxEndpointDeps extends Patience {
  readonly proxmoxEndpoints: ProxmoxEndpointStore;
}

export function registerProxmoxEndpointRoutes(app: App, { proxmoxEndpoints, patiently }: ProxmoxEndpointDeps): void {
  app.post(
    '/proxmox/endpoints',
    {
      bodyLimit,
      schema: {
        tags,
        summary: 'Register a Proxmox endpoint',
        body: ProxmoxEndpointCreate,
        response: { 200: SavedEndpoint },
      },
    },
    (request) => patiently(() => proxmoxEndpoints.create(request.body)),
  );
  app.get(
    '/proxmox/endpoints',
    {
      schema: {
        tags,
        summary: 'All Proxmox endpoints',
        querystring: ListWindow,
        response: { 200: z.array(Endpoint) },
      },
    },
    async (request) => [...proxmoxEndpoints.list(request.query)],
  );
  app.get(
    '/proxmox/endpoints/:endpoint_id',
    { schema: { tags, summary: 'One Proxmox endpoint', params: Params, response: { 200: Endpoint } } },
    async (request) => proxmoxEndpoints.get(request.params.endpoint_id),
  );
  app.put(
    '/proxmox/endpoints/:endpoint_id',
    {
      bodyLimit,
      schema: {
        tags,
        summary: 'Change what the body names',
        params: Params,
        body: ProxmoxEndpointUpdate,
        response: { 200: SavedEndpoint },
      },
    },
    (request) => patiently(() => proxmoxEndpoints.update(request.params.endpoint_id, request.body)),
  );
  app.delete(
    '/proxmox/endpoints/:endpoint_id',
    { schema: { tags, summary: 'Forget a Proxmox endpoint', params: Params, response: { 200: Deleted } } },
    async (request) => {
      await patiently(() => proxmoxEndpoints.remove(request.params.endpoint_id));
      return { message: 'Proxmox endpoint deleted.' };
    },
  );
}
