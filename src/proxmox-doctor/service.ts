/** The diagnosis of the endpoints that a request means. */
import type { Clock } from '../config/clock.js';
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import type { NetBoxSource } from '../plugin-endpoints/netbox-source.js';
import { selectEndpoints, sourceFor, type EndpointScope } from '../plugin-endpoints/select-endpoints.js';
import { collectFindings, type CollectDeps } from './collect.js';
import { diagnose, summarize } from './diagnose.js';
import type { DoctorReport } from './types.js';

export interface ProxmoxDoctorDeps extends Omit<CollectDeps, 'credentials'> {
  readonly clock: Clock;
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'all' | 'credentials'>;
  readonly netboxSource: NetBoxSource;
}

export interface ProxmoxDoctor {
  /**
   * What an endpoint did is in the report, never thrown.
   * @throws ProxboxError for a bad selector, or when the rows of `source=netbox` cannot be read
   */
  examine(scope: EndpointScope): Promise<DoctorReport>;
}

export function createProxmoxDoctor(deps: ProxmoxDoctorDeps): ProxmoxDoctor {
  const { clock, proxmoxEndpoints } = deps;
  const collectDeps: CollectDeps = { ...deps, credentials: (id) => proxmoxEndpoints.credentials(id) };
  return {
    examine: async (scope) => {
      const source = await sourceFor(scope, deps);
      const { endpoints } = selectEndpoints(source.candidates, scope);
      const findings = await Promise.all(
        endpoints.map((endpoint) => collectFindings(endpoint, () => source.usable(endpoint), collectDeps)),
      );
      return summarize(findings.map((one) => diagnose(one, clock.now())));
    },
  };
}
