import { toProxboxError } from '../errors/proxbox-error.js';
import { bootstrapReport, type BootstrapReport } from './bootstrap-report.js';
import { createCollectionStore } from './collections.js';
import { createGuestReadStore } from './guest-reads.js';
import { openRun, type SyncPorts } from './open-run.js';
import { parseSyncRequest } from './request.js';
import { runStage } from './stage-runner.js';
import { supportObjectsStage } from './stages/support-objects/index.js';

const limitMs = 300_000;

/**
 * Creates the tags, roles and types that are missing in NetBox, outside of any run: after start-up and when a NetBox
 * endpoint is registered. Never throws; what went wrong is in the report.
 */
export async function ensureSupportObjects(ports: SyncPorts): Promise<BootstrapReport> {
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
      kind: 'support-objects',
      fresh: true,
      freshGuests: false,
    });
    return bootstrapReport(await runStage(supportObjectsStage, opened.run));
  } catch (error) {
    const { code, message } = toProxboxError(error);
    const unconfigured = code === 'not_configured';
    return {
      ok: false,
      skipped: unconfigured,
      reason: unconfigured ? 'no_netbox_session' : `bootstrap_error: ${message}`,
      warnings: [],
      created: [],
      patched: [],
      unchanged: [],
    };
  }
}
