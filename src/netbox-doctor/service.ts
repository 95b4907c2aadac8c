/** The diagnosis of the NetBox that the service writes to. */
import { toProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxEndpoint } from '../endpoints/types.js';
import type { NetBoxAccess } from '../netbox/access.js';
import { collectFindings, type CollectDeps } from './collect.js';
import { diagnose, withoutEndpoint } from './diagnose.js';
import type { NetBoxDoctorReport } from './types.js';

export interface NetBoxDoctorDeps extends CollectDeps {
  readonly netboxAccess: CollectDeps['netboxAccess'] & Pick<NetBoxAccess, 'endpoint'>;
}

export interface NetBoxDoctor {
  /** What NetBox did, and that there is none, is in the report, never thrown. */
  examine(): Promise<NetBoxDoctorReport>;
}

export function createNetBoxDoctor(deps: NetBoxDoctorDeps): NetBoxDoctor {
  return {
    examine: async () => {
      let endpoint: NetBoxEndpoint;
      try {
        endpoint = deps.netboxAccess.endpoint();
      } catch (error) {
        return withoutEndpoint(toProxboxError(error));
      }
      return diagnose(await collectFindings(endpoint, deps));
    },
  };
}
