/** When the tags, roles and types in NetBox are ensured outside of runs, and what the last pass found. */
import type { Env } from '../config/env.js';
import type { NetBoxEndpointStore } from '../endpoints/netbox-endpoints.js';
import { toProxboxError } from '../errors/proxbox-error.js';
import { bootstrapReport, reportOfNothing, statusBeforeFirstPass, type BootstrapReport } from './bootstrap-report.js';
import { createCollectionStore } from './collections.js';
import { createGuestReadStore } from './guest-reads.js';
import { openRun } from './open-run.js';
import { unrecorded } from './run-ledger.js';
import type { SyncPorts } from './run-ports.js';
import { parseSyncRequest } from './request.js';
import { runStage } from './stage-runner.js';
import { supportObjectsStage } from './stages/support-objects/index.js';

const limitMs = 300_000;

export interface SupportPass {
  /** What the last pass found: one of its own, or the beginning of a run. */
  readonly status: () => BootstrapReport;
  /** Whether no pass has looked yet, since no NetBox was registered or switched on. */
  readonly isDue: () => boolean;
  /** One pass, if start-up and settings allow it and a NetBox is registered. Never throws. */
  readonly run: () => Promise<void>;
}

/** The last report about the support objects, whoever made it. */
export interface SupportReports {
  last(): BootstrapReport | undefined;
  note(report: BootstrapReport): void;
}

export function createSupportReports(): SupportReports {
  let last: BootstrapReport | undefined;
  return { last: () => last, note: (report) => void (last = report) };
}

export interface SupportPassDeps {
  readonly env: Pick<Env, 'skipNetboxBootstrap'>;
  readonly netboxEndpoints: Pick<NetBoxEndpointStore, 'active'>;
  readonly ports: SyncPorts;
  readonly reports: SupportReports;
}

/** Creates what is missing. Never throws: what went wrong is in the report. */
async function ensureSupportObjects(ports: SyncPorts): Promise<BootstrapReport> {
  try {
    const netbox = ports.netboxEndpoint();
    const stores = {
      collections: createCollectionStore(ports.clock),
      guestReads: createGuestReadStore(ports.clock),
    };
    const opened = await openRun(ports, stores, {
      request: parseSyncRequest({}),
      scope: { netbox, endpoints: [], unusable: [], key: 'support-objects' },
      runId: ports.randomId(),
      signal: AbortSignal.timeout(limitMs),
      events: { emit: () => undefined },
      record: unrecorded,
      kind: 'support-objects',
      fresh: true,
      freshGuests: false,
      catchesUp: false,
    });
    const support = await runStage(supportObjectsStage, opened.run);
    if (support.error !== undefined && support.outcomes.length === 0) throw support.error;
    return bootstrapReport(support);
  } catch (error) {
    const { code, message } = toProxboxError(error);
    const unconfigured = code === 'not_configured';
    const reason = unconfigured ? 'no_netbox_session' : `bootstrap_error: ${message}`;
    return reportOfNothing({ ok: false, skipped: unconfigured, reason });
  }
}

export function createSupportPass({ env, netboxEndpoints, ports, reports }: SupportPassDeps): SupportPass {
  const conditions = () => ({
    isSkipped: env.skipNetboxBootstrap,
    isEnabled: ports.settings.current().values.ensureNetboxObjects,
    hasEnabledNetBoxEndpoint: netboxEndpoints.active() !== null,
  });
  return {
    status: () =>
      (netboxEndpoints.active() === null ? undefined : reports.last()) ?? statusBeforeFirstPass(conditions()),
    isDue: () => reports.last() === undefined,
    run: async () => {
      const { isSkipped, isEnabled, hasEnabledNetBoxEndpoint } = conditions();
      if (isSkipped || !isEnabled || !hasEnabledNetBoxEndpoint) return;
      const last = await ensureSupportObjects(ports);
      reports.note(last);
      if (!last.ok)
        ports.logger.warn(
          { reason: last.reason, warnings: last.warnings },
          'Not every support object could be ensured in NetBox.',
        );
    },
  };
}
