/** The side of NetBox of a run: the plugin's settings, the client, and what of what was read before it may use. */
import type { ResolvedSettings } from '../config/types.js';
import { errorText, type ProxboxError } from '../errors/proxbox-error.js';
import { branchingMissing } from '../netbox/branch.js';
import { createOverlay } from '../netbox/overlay/overlay.js';
import { readPluginSettings } from '../netbox/plugin-settings.js';
import { endsTheRun } from '../netbox/run-ending.js';
import type { CaughtUp, ClientScope, NetBoxBulkClient, NetBoxReader, RequestCounters } from '../netbox/types.js';
import { unlessAborted } from '../config/unless-aborted.js';
import type { CollectionStore } from './collections.js';
import type { OpenOptions, SyncPorts } from './run-ports.js';
import type { Warning } from './types.js';
import type { OnWait } from './wait-news.js';

/**
 * What a run writes depends on the plugin's settings, so it begins when NetBox has told them, however long that takes.
 * Where NetBox answers and does not tell them, it goes on with the last good ones or the defaults, and says so.
 */
export async function readSettings(
  { netboxClient, settings: resolver }: SyncPorts,
  { scope, maxAgeMs = 0 }: OpenOptions,
  ofRun: ClientScope,
): Promise<{ readonly settings: ResolvedSettings; readonly unread: readonly Warning[] }> {
  const client = (await netboxClient(scope.netbox)).scoped(ofRun);
  const { settings, failure } = await unlessAborted(
    resolver.readThrough(() => readPluginSettings(client), maxAgeMs),
    ofRun.signal,
  );
  if (failure === null) return { settings, unread: [] };
  if (endsTheRun(failure)) throw failure;
  const isWithoutPlugin = failure.upstream?.status === 404 && settings.plugin === null;
  return { settings, unread: isWithoutPlugin ? [] : [settingsUnread(settings, failure)] };
}

function settingsUnread({ plugin }: ResolvedSettings, failure: ProxboxError): Warning {
  const used = plugin === null ? 'the variables and the defaults apply' : 'the last ones that could be read apply';
  const reason = errorText(failure).replace(/\.$/, '');
  return { code: 'settings_unread', message: `The settings of the NetBox plugin cannot be read; ${used}: ${reason}.` };
}

interface NetBoxOptions extends OpenOptions {
  readonly settings: ResolvedSettings;
  readonly counters: RequestCounters;
  readonly onWait: OnWait;
}

/** The client of the run (a preview writes to nobody), and what of what was read before it may use. */
export async function openNetBox(ports: SyncPorts, collections: CollectionStore, options: NetBoxOptions) {
  const { request, scope, signal, counters, onWait } = options;
  const { branch } = request;
  const connected = await ports.netboxClient(scope.netbox);
  const window = collections.window(scope.key, connected, { beginsJob: options.fresh, maxAgeMs: options.maxAgeMs });
  const ofRun = { signal, branch, counters, window, onWait };
  const client: NetBoxBulkClient = request.dryRun
    ? createOverlay(connected.scoped({ ...ofRun, isReadOnly: true }))
    : connected.scoped(ofRun);
  const capabilities = await client.capabilities();
  if (branch !== '' && !capabilities.branching) throw branchingMissing(branch, client.endpointId);
  const caughtUp = await catchUp(client, options);
  const isConfirmed = caughtUp.status === 'known';
  return {
    client: isConfirmed ? client.scoped({ window: { ...window, trustsChangeLog: true } }) : client,
    capabilities,
    caughtUp,
  };
}

const hourMs = 3_600_000;

/** Whoever shows NetBox's own objects shows them as they are, with what they are related to. */
async function catchUp(
  client: NetBoxReader,
  { catchesUp, request, settings: { values } }: NetBoxOptions,
): Promise<CaughtUp> {
  if (!catchesUp || request.showsObjects) return { status: 'unknown', doubt: 'off' };
  return client.catchUp(values.fullReadHours * hourMs);
}
