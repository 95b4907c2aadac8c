/** Rows of `cluster/replication`. Pure. */
import { field, type Row, toBool, toInt, toNumber, toText } from './coerce.js';
import { withoutSecrets } from './secrets.js';
import { inOneOrder } from './sets.js';

/** What Proxmox does not say is null. */
export interface ReplicationJob {
  /** `<guest>-<jobnum>`. */
  readonly id: string;
  readonly type: string | null;
  readonly guest: number | null;
  readonly jobnum: number | null;
  readonly source: string | null;
  readonly target: string | null;
  readonly schedule: string | null;
  /** MB/s. */
  readonly rate: number | null;
  readonly comment: string | null;
  readonly disable: boolean | null;
  readonly removeJob: string | null;
  readonly rawConfig: Row;
}

/** null for a row without id. `guest` and `jobnum` are read from the id when the row lacks them. */
export function parseReplicationJob(configured: Row): ReplicationJob | null {
  const row = inOneOrder(configured);
  const id = toText(row.id);
  if (id === null) return null;
  const [guest, jobnum] = id.split('-', 2);
  return {
    id,
    type: toText(row.type),
    guest: toInt(row.guest) ?? toInt(guest),
    jobnum: toInt(row.jobnum) ?? toInt(jobnum),
    source: toText(row.source),
    target: toText(row.target),
    schedule: toText(row.schedule),
    rate: toNumber(row.rate),
    comment: toText(row.comment),
    disable: toBool(row.disable),
    removeJob: toText(field(row, 'remove_job', 'remove-job')),
    rawConfig: withoutSecrets(row),
  };
}
