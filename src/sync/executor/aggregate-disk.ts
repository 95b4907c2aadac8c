/** One refusal of NetBox that a second attempt can mend. */
import { errorText, type ProxboxError } from '../../errors/proxbox-error.js';
import { kindDefinition, storedKind, type ObjectKind } from '../../netbox/kinds/index.js';
import type { NetBoxBulkClient, PatchItem, PatchOutcome } from '../../netbox/types.js';

const aggregate = /aggregate size of assigned virtual disks \((\d+)\)/;

/**
 * NetBox refuses a virtual machine whose `disk` differs from the sum of its virtual disks. When a disk appeared since we
 * read the machine, the update is repeated once with the sum that NetBox names; undefined = that was not the cause.
 */
export async function retryWithAggregateDisk(
  client: NetBoxBulkClient,
  kind: ObjectKind,
  item: PatchItem,
  error: ProxboxError,
): Promise<PatchOutcome | undefined> {
  if (storedKind(kind) !== 'virtual-machine') return undefined;
  const size = aggregate.exec(`${errorText(error)} ${JSON.stringify(error.upstream?.body ?? '')}`)?.[1];
  if (size === undefined) return undefined;
  const again = { id: item.id, body: { ...item.body, disk: Number(size) } };
  const [outcome] = await client.bulkPatch(kindDefinition(kind).path, [again], { batchSize: 1, delayMs: 0 });
  return outcome;
}
