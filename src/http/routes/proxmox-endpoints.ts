/** The stored Proxmox endpoints. */
import { z } from 'zod';
import { ProxmoxEndpointCreate, ProxmoxEndpointUpdate } from '../../endpoints/proxmox-body.js';
import type { ProxmoxEndpointStore } from '../../endpoints/proxmox-endpoints.js';
import type { App } from '../app-type.js';
import { recordBodyLimit } from '../plugins/request-limits.js';
import { integerField } from '../query-fields.js';
import { Deleted, ListWindow } from './endpoint-schemas.js';

/** Also the list of what may leave the process: the serializer drops every other key. */
const Endpoint = z.object({
  id: z.int(),
  name: z.string(),
  ip_address: z.string(),
  domain: z.string().nullable(),
  port: z.int(),
  username: z.string(),
  verify_ssl: z.boolean(),
  enabled: z.boolean(),
  allow_writes: z.boolean(),
  allow_packer_template_builds: z.boolean(),
  access_methods: z.enum(['api', 'api_ssh']),
  node_device_name_template: z.string(),
  site_id: z.int().nullable(),
  site_slug: z.string().nullable(),
  site_name: z.string().nullable(),
  tenant_id: z.int().nullable(),
  tenant_slug: z.string().nullable(),
  tenant_name: z.string().nullable(),
  timeout: z.int().nullable(),
  max_retries: z.int().nullable(),
  retry_backoff: z.number().nullable(),
});
const Params = z.object({ endpoint_id: integerField() });

const tags = ['proxmox'];
const bodyLimit = recordBodyLimit;

export function registerProxmoxEndpointRoutes(app: App, proxmoxEndpoints: ProxmoxEndpointStore): void {
  app.post(
    '/proxmox/endpoints',
    {
      bodyLimit,
      schema: {
        tags,
        summary: 'Register a Proxmox endpoint',
        body: ProxmoxEndpointCreate,
        response: { 200: Endpoint },
      },
    },
    async (request) => proxmoxEndpoints.create(request.body),
  );
  app.get(
    '/proxmox/endpoints',
    {
      schema: { tags, summary: 'All Proxmox endpoints', querystring: ListWindow, response: { 200: z.array(Endpoint) } },
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
        response: { 200: Endpoint },
      },
    },
    async (request) => proxmoxEndpoints.update(request.params.endpoint_id, request.body),
  );
  app.delete(
    '/proxmox/endpoints/:endpoint_id',
    { schema: { tags, summary: 'Forget a Proxmox endpoint', params: Params, response: { 200: Deleted } } },
    async (request) => {
      proxmoxEndpoints.remove(request.params.endpoint_id);
      return { message: 'Proxmox endpoint deleted.' };
    },
  );
}
