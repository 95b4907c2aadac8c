/** When the tags, roles and types in NetBox are ensured outside of runs, and what the last pass found. */
import type { Env } from './config/env.js';
import type { SettingsResolver } from './config/types.js';
import type { NetBoxEndpointStore } from './endpoints/netbox-endpoints.js';
import { statusBeforeFirstPass } from './http/routes/bootstrap-status.js';
import type { BootstrapReport } from './sync/bootstrap-report.js';
import type { SyncPorts } from './sync/open-run.js';
import { ensureSupportObjects } from './sync/support-pass.js';

export interface SupportPass {
  readonly status: () => BootstrapReport;
  /** One pass, if start-up and settings allow it and a NetBox is registered. Never throws. */
  readonly run: () => Promise<void>;
}

export interface SupportPassDeps {
  readonly env: Pick<Env, 'skipNetboxBootstrap'>;
  readonly settings: SettingsResolver;
  readonly netboxEndpoints: Pick<NetBoxEndpointStore, 'active'>;
  readonly ports: SyncPorts;
}

export function createSupportPass({ env, settings, netboxEndpoints, ports }: SupportPassDeps): SupportPass {
  let last: BootstrapReport | undefined;
  const conditions = () => ({
    isSkipped: env.skipNetboxBootstrap,
    isEnabled: settings.current().values.ensureNetboxObjects,
    hasEnabledNetBoxEndpoint: netboxEndpoints.active() !== null,
  });
  return {
    status: () =>
      netboxEndpoints.active() === null || last === undefined ? statusBeforeFirstPass(conditions()) : last,
    run: async () => {
      const { isSkipped, isEnabled, hasEnabledNetBoxEndpoint } = conditions();
      if (isSkipped || !isEnabled || !hasEnabledNetBoxEndpoint) return;
      last = await ensureSupportObjects(ports);
      if (!last.ok)
        ports.logger.warn(
          { reason: last.reason, warnings: last.warnings },
          'Not every support object could be ensured in NetBox.',
        );
    },
  };
}
