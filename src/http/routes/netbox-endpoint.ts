/** The stored NetBox endpoint (at most one), and what NetBox says about itself. */
import { z } from 'zod';
import {
  NetBoxEndpointCreate,
  NetBoxEndpointRecord as Endpoint,
  NetBoxEndpointUpdate,
} from '../../endpoints/bodies.js';
import type { Patience } from '../../endpoints/endpoint-store.js';
import type { NetBoxEndpointStore } from '../../endpoints/netbox-endpoints.js';
import { errorText, toProxboxError } from '../../errors/proxbox-error.js';
import type { App } from '../app-type.js';
import { recordBodyLimit } from '../plugins/request-limits.js';
import { integerField } from '../query-fields.js';
import { answers } from '../route-document.js';
import { Deleted, ListWindow } from './endpoint-schemas.js';

export interface NetBoxEndpointDeps extends Patience {
  readonly netboxEndpoints: NetBoxEndpointStore;
  /** The JSON of `/api/status/`, of the row with this id or of the active one. */
  readonly netboxStatus: (netboxId: number | undefined) => Promise<unknown>;
  /** NetBox's own API document. */
  readonly netboxOpenapi: (netboxId: number | undefined) => Promise<unknown>;
}

const Params = z.object({ netbox_id: integerField() });
const OfEndpoint = z.object({ netbox_id: integerField().optional() });

const tags = ['netbox'];
const bodyLimit = recordBodyLimit;

export function registerNetBoxEndpointRoutes(app: App, deps: NetBoxEndpointDeps): void {
  const { netboxEndpoints, patiently } = deps;
  app.post(
    '/netbox/endpoint',
    {
      bodyLimit,
      schema: {
        tags,
        summary: 'Register the NetBox endpoint',
        body: NetBoxEndpointCreate,
        response: { 200: Endpoint },
      },
    },
    (request) => patiently(() => netboxEndpoints.create(request.body)),
  );
  app.get(
    '/netbox/endpoint',
    { schema: { tags, summary: 'None or one', querystring: ListWindow, response: { 200: z.array(Endpoint) } } },
    async (request) => [...netboxEndpoints.list(request.query)],
  );
  app.get(
    '/netbox/endpoint/:netbox_id',
    { schema: { tags, summary: 'One NetBox endpoint', params: Params, response: { 200: Endpoint } } },
    async (request) => netboxEndpoints.get(request.params.netbox_id),
  );
  app.put(
    '/netbox/endpoint/:netbox_id',
    {
      bodyLimit,
      schema: {
        tags,
        summary: 'Change what the body names',
        params: Params,
        body: NetBoxEndpointUpdate,
        response: { 200: Endpoint },
      },
    },
    (request) => patiently(() => netboxEndpoints.update(request.params.netbox_id, request.body)),
  );
  app.delete(
    '/netbox/endpoint/:netbox_id',
    { schema: { tags, summary: 'Forget the NetBox endpoint', params: Params, response: { 200: Deleted } } },
    async (request) => {
      await patiently(() => netboxEndpoints.remove(request.params.netbox_id));
      return { message: 'NetBox Endpoint deleted.' };
    },
  );
  registerStatus(app, deps);
  registerOpenapi(app, deps);
  registerProbe(app, deps);
}

function registerStatus(app: App, { netboxStatus }: NetBoxEndpointDeps): void {
  app.get(
    '/netbox/status',
    {
      config: answers(z.looseObject({})),
      schema: {
        tags,
        summary: 'The status of NetBox itself',
        querystring: OfEndpoint,
      },
    },
    async (request) => netboxStatus(request.query.netbox_id),
  );
}

function registerOpenapi(app: App, { netboxOpenapi }: NetBoxEndpointDeps): void {
  app.get(
    '/netbox/openapi',
    {
      config: answers(z.looseObject({})),
      schema: { tags, summary: 'The API document of NetBox', querystring: OfEndpoint },
    },
    async (request) => netboxOpenapi(request.query.netbox_id),
  );
}

const Probe = z.object({
  reachable: z.boolean(),
  status: z.enum(['reachable', 'timeout', 'error']),
  api_version: z.string().nullable(),
  error_type: z.string().nullable(),
  error: z.string().nullable(),
  timeout_seconds: z.number(),
});

const patienceS = 10;

/** A NetBox that does not answer is what is asked about, so it is no error of this route. */
function registerProbe(app: App, { netboxEndpoints, netboxStatus }: NetBoxEndpointDeps): void {
  app.get(
    '/netbox/endpoint/:netbox_id/probe',
    {
      config: answers(Probe),
      schema: { tags, summary: 'Does this NetBox answer, and with which version?', params: Params },
    },
    async ({ params: { netbox_id: id } }): Promise<z.infer<typeof Probe>> => {
      netboxEndpoints.get(id);
      const told = { api_version: null, error_type: null, error: null, timeout_seconds: patienceS };
      try {
        const { 'netbox-version': version } = z.looseObject({}).parse(await netboxStatus(id));
        const known = typeof version === 'string' ? version : null;
        return { ...told, reachable: true, status: 'reachable', api_version: known };
      } catch (error) {
        const { code } = toProxboxError(error);
        const status = code === 'netbox_timeout' ? 'timeout' : 'error';
        return { ...told, reachable: false, status, error_type: code, error: errorText(error) };
      }
    },
  );
}
