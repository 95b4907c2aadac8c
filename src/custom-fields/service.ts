/** When the custom fields are reconciled, and for how long a request waits for it. */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { SettingsResolver } from '../config/types.js';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxAccess } from '../netbox/access.js';
import type { NetBoxRecord } from '../netbox/types.js';
import { reconcileFields, type ReconcileProgress } from './reconcile.js';

export interface CustomFields {
  /**
   * Empty when the fields are switched off. `isEnabled` overrides the plugin's setting.
   * @throws ProxboxError of reconcileFields; `run_busy` (503) when it takes longer than a client waits: it goes on
   */
  reconcile(isEnabled?: boolean): Promise<readonly NetBoxRecord[]>;
}

export interface CustomFieldsDeps {
  readonly netboxAccess: Pick<NetBoxAccess, 'client'>;
  readonly settings: SettingsResolver;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Fires when the service stops. */
  readonly stopping: AbortSignal;
  /** Default 25 s: the plugin gives up after 30. */
  readonly waitMs?: number;
}

const deprecated =
  'Custom fields for Proxmox values are deprecated and off by default; the sync-state models of netbox-proxbox hold the same. Set custom_fields_enabled only for the transition.';

interface Running {
  readonly work: Promise<readonly NetBoxRecord[]>;
  readonly progress: ReconcileProgress;
}

function stillRunning({ created }: ReconcileProgress): ProxboxError {
  return new ProxboxError('run_busy', 'NetBox is still creating the custom fields; this goes on.', {
    detail: { reason: 'custom_field_sync_running', created_count: created, failed_fields: [] },
  });
}

export function createCustomFields(deps: CustomFieldsDeps): CustomFields {
  const { netboxAccess, settings, clock, logger, stopping, waitMs = 25_000 } = deps;
  let running: Running | undefined;

  function start(): Running {
    const progress: ReconcileProgress = { created: 0 };
    const run = async (): Promise<readonly NetBoxRecord[]> => {
      const client = await netboxAccess.client();
      const delayMs = settings.current().values.customFieldsRequestDelayS * 1000;
      return reconcileFields({ client, clock, logger, delayMs, signal: stopping }, progress);
    };
    const work = run().finally(() => void (running = undefined));
    return { work, progress };
  }

  async function waited({ work, progress }: Running): Promise<readonly NetBoxRecord[]> {
    const answered = new AbortController();
    const limit = clock.sleep(waitMs, answered.signal).then(
      () => 'late' as const,
      () => 'answered' as const,
    );
    const first = await Promise.race([work, limit]).finally(() => answered.abort());
    if (first !== 'late' && first !== 'answered') return first;
    work.catch((error: unknown) => logger.warn({ reason: errorText(error) }, 'The custom fields are incomplete.'));
    throw stillRunning(progress);
  }

  return {
    reconcile: async (isEnabled) => {
      const { values } = await settings.refresh({ maxAgeMs: 30_000, budgetMs: 2_000 });
      if (!(isEnabled ?? values.customFieldsEnabled)) {
        logger.info({}, 'Custom fields are switched off: none was created.');
        return [];
      }
      logger.warn({}, deprecated);
      running ??= start();
      return waited(running);
    },
  };
}
