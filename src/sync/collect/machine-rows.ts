/** NetBox rows that hang on machines, and rows that a stage can do without. */
import { errorText, toProxboxError } from '../../errors/proxbox-error.js';
import { withoutRequest } from '../../netbox/answer-text.js';
import { kindDefinition, type ObjectKind, type RecordOf } from '../../netbox/kinds/index.js';
import type { LoadOptions } from '../collections.js';
import type { ReasonCode } from '../reasons.js';
import type { RunContext } from '../run-context.js';
import type { Warning } from '../types.js';

/** Warnings of reads that are done at once: a list for each, and all of them in the order of the reads, whichever came first. */
export class WarningLists {
  readonly #lists: Warning[][] = [];

  /** For one more read. */
  next(): Warning[] {
    const list: Warning[] = [];
    this.#lists.push(list);
    return list;
  }

  all(): readonly Warning[] {
    return this.#lists.flat();
  }
}

/** Up to so many values one filtered request is cheaper than the whole table; it is also what fits one request line. */
const few = 100;

/** The rows of a kind that belong to some parents, or bear some values: by a filter when these are few, else the whole table. */
export function loadRowsOf<K extends ObjectKind>(
  run: RunContext,
  kind: K,
  parents: { readonly filter: string; readonly of: readonly (number | string)[] },
  options: LoadOptions = {},
): Promise<readonly RecordOf<K>[]> {
  const of = [...new Set(parents.of)].sort((a, b) => (a < b ? -1 : 1));
  if (of.length <= few) return run.collections.load(kind, {}, { filter: parents.filter, of }, options);
  return run.collections.load(kind, {}, undefined, options);
}

/** The rows of a kind whose rows belong to virtual machines. The caller picks its own. */
export function loadOfMachines<K extends ObjectKind>(
  run: RunContext,
  kind: K,
  guests: readonly { readonly virtualMachine: { readonly id: number } }[],
  options: LoadOptions = {},
): Promise<readonly RecordOf<K>[]> {
  const of = guests.map(({ virtualMachine }) => virtualMachine.id);
  return loadRowsOf(run, kind, { filter: 'virtual_machine_id', of }, options);
}

/**
 * Rows that only part of the work needs: undefined, with a warning, where the token may not read them or the installed
 * plugin does not have the table. Everything else that goes wrong is thrown.
 */
export async function loadIfAllowed<Rows>(
  run: RunContext,
  warnings: Warning[],
  { kind, without, code }: { readonly kind: ObjectKind; readonly without: string; readonly code?: ReasonCode },
  load: () => Promise<Rows>,
): Promise<Rows | undefined> {
  try {
    return await load();
  } catch (error) {
    run.signal.throwIfAborted();
    const cause = toProxboxError(error);
    const isMissing = cause.upstream?.status === 404 || cause.upstream?.status === 501;
    if (cause.code !== 'netbox_forbidden' && !isMissing) throw error;
    const { path } = kindDefinition(kind);
    const message = isMissing
      ? `NetBox has no table ${path}. ${without} If it is one of netbox-proxbox, update the plugin.`
      : `The NetBox token may not view ${path}: ${withoutRequest(errorText(cause)).replace(/\.$/, '')}. ${without}`;
    warnings.push({ code: code ?? (isMissing ? 'plugin_route_missing' : 'forbidden'), message });
    return undefined;
  }
}

/** The same for a table of the plugin whose own rows are to be written: undefined, so that none is, also without a plugin. */
export async function loadPluginTable<K extends ObjectKind>(
  run: RunContext,
  warnings: Warning[],
  kind: K,
  values?: { readonly filter: string; readonly of: readonly (string | number)[] },
): Promise<readonly RecordOf<K>[] | undefined> {
  if (!run.capabilities.proxboxPlugin) return undefined;
  const without = `No ${kindDefinition(kind).noun} is written.`;
  return loadIfAllowed(run, warnings, { kind, without }, () => run.collections.load(kind, {}, values));
}
