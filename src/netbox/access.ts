/** From a stored NetBox endpoint to a client for it: which row, its token, its base URL. */
import type { Clock } from '../config/clock.js';
import type { NetBoxEndpointStore } from '../endpoints/netbox-endpoints.js';
import type { NetBoxEndpoint } from '../endpoints/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxClients } from './clients.js';
import { kindDefinition } from './kinds/index.js';
import { orNotFound } from './or-not-found.js';
import type { NetBoxClient, NetBoxRecord } from './types.js';

export interface NetBoxAccess {
  /**
   * The row with this id, else the enabled row with the lowest id.
   * @throws ProxboxError `not_configured` (400) without such a row
   */
  endpoint(netboxId?: number): NetBoxEndpoint;
  /** Its client. @throws as endpoint, and `credentials_unreadable`, `key_pending` */
  client(netboxId?: number): Promise<NetBoxClient>;
  /**
   * The body of `/api/status/`, asked now, within 10 s whatever NetBox does.
   * @throws as client, and `netbox_*`; `netbox_timeout` when there was no answer in time
   */
  status(netboxId?: number): Promise<unknown>;
  /** Every virtual machine or device as NetBox tells of it now. @throws as client, and `netbox_*` */
  rows(kind: 'virtual-machine' | 'device'): Promise<readonly NetBoxRecord[]>;
  /** One of them. @throws as client, `not_found` and `netbox_*` */
  row(kind: 'virtual-machine' | 'device', id: number): Promise<unknown>;
  /** NetBox's own API document, which it makes anew in up to half a minute. @throws as client, and `netbox_*` */
  openapi(netboxId?: number): Promise<unknown>;
  /** The body of the plugin's settings answer; errors as client, and `netbox_*`. */
  fetchPluginSettings(budgetMs: number): Promise<unknown>;
}

export interface NetBoxAccessDeps {
  readonly clock: Clock;
  readonly netboxEndpoints: Pick<NetBoxEndpointStore, 'active' | 'find' | 'credentials'>;
  readonly netboxClients: Pick<NetBoxClients, 'forEndpoint' | 'fetchPluginSettings'>;
  readonly baseUrlOf: (endpoint: NetBoxEndpoint) => Promise<string>;
}

const statusBudgetMs = 10_000;
/** Ends before the budget, so that what went wrong is told instead of only that time is over. */
const statusPatienceMs = 8_000;

const openapiPatienceMs = 60_000;

const howToRegister = 'Register it with POST /netbox/endpoint, or let the NetBox plugin do it.';

function tooLate(): ProxboxError {
  return new ProxboxError('netbox_timeout', `NetBox did not answer within ${statusBudgetMs / 1000} s.`, {
    detail: 'netbox_timeout: timed out. NetBox is down, not reachable, or busy; its own log tells more.',
  });
}

export function createNetBoxAccess(deps: NetBoxAccessDeps): NetBoxAccess {
  const { clock, netboxEndpoints, netboxClients, baseUrlOf } = deps;

  function endpoint(netboxId?: number): NetBoxEndpoint {
    const row = netboxId === undefined ? netboxEndpoints.active() : netboxEndpoints.find(netboxId);
    if (row !== null) return row;
    if (netboxId !== undefined) throw new ProxboxError('not_configured', `NetBox endpoint ${netboxId} not found`);
    throw new ProxboxError('not_configured', 'No NetBox endpoint found', {
      detail: howToRegister,
      remedy: howToRegister,
    });
  }

  async function client(netboxId?: number): Promise<NetBoxClient> {
    const row = endpoint(netboxId);
    const credentials = netboxEndpoints.credentials(row.id);
    return netboxClients.forEndpoint(row, credentials, await baseUrlOf(row));
  }

  async function status(netboxId?: number): Promise<unknown> {
    const limit = new AbortController();
    const done = new AbortController();
    clock.sleep(statusBudgetMs, done.signal).then(
      () => limit.abort(tooLate()),
      () => undefined,
    );
    try {
      const patient = (await client(netboxId)).scoped({ signal: limit.signal, patienceMs: statusPatienceMs });
      return await patient.get('/api/status/', {}, { cache: 'bypass' });
    } finally {
      done.abort();
    }
  }

  return {
    endpoint,
    client,
    status,
    rows: async (kind) => (await client()).list(kindDefinition(kind).path, {}, { cache: 'bypass' }),
    row: (kind, id) => {
      const { noun, path } = kindDefinition(kind);
      return orNotFound(`NetBox has no ${noun} with the id ${id}.`, async () =>
        (await client()).get(`${path}${id}/`, {}, { cache: 'bypass' }),
      );
    },
    openapi: async (netboxId) => {
      const patient = (await client(netboxId)).scoped({ patienceMs: openapiPatienceMs });
      return patient.get('/api/schema/', { format: 'json' }, { cache: 'bypass' });
    },
    async fetchPluginSettings(budgetMs) {
      const row = endpoint();
      const credentials = netboxEndpoints.credentials(row.id);
      return netboxClients.fetchPluginSettings(row, credentials, await baseUrlOf(row), budgetMs);
    },
  };
}
