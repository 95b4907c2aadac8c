import { errorText, toProxboxError } from '../../errors/proxbox-error.js';
import { kindDefinition, type ObjectKind } from '../../netbox/records/kinds.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { RunContext } from '../run-context.js';
import type { Warning } from '../types.js';

/** The rows of a table of the plugin; `undefined` where there is nothing to compare with, so nothing may be written. */
export interface PluginTable {
  readonly rows: readonly NetBoxRecord[] | undefined;
  readonly warnings: readonly Warning[];
}

/**
 * Reads a table of the plugin that the run can do without: an older plugin does not have it, a token may not see it.
 * Any other failure is thrown.
 */
export async function loadPluginTable(
  run: RunContext,
  kind: ObjectKind,
  values?: { readonly filter: string; readonly of: readonly (string | number)[] },
): Promise<PluginTable> {
  if (!run.capabilities.proxboxPlugin) return { rows: undefined, warnings: [] };
  try {
    return { rows: await run.collections.load(kind, {}, values), warnings: [] };
  } catch (error) {
    run.signal.throwIfAborted();
    const cause = toProxboxError(error);
    const status = cause.upstream?.status;
    const { noun, path } = kindDefinition(kind);
    if (status === 404 || status === 501) {
      const message = `The installed netbox-proxbox plugin has no table ${path}: no ${noun} is written. Update the plugin to get them.`;
      return { rows: undefined, warnings: [{ code: 'plugin_route_missing', message }] };
    }
    if (cause.code !== 'netbox_forbidden') throw error;
    const message = `The NetBox token may not view ${path}, so no ${noun} is written: ${errorText(cause)}`;
    return { rows: undefined, warnings: [{ code: 'forbidden', message }] };
  }
}
