/** Rows of `cluster/backup`. Keys are accepted with hyphen and with underscore. */
import { isObject } from '../../values/plain-object.js';
import { field, type Row, toBool, toInt, toPlainText, toText } from './coerce.js';
import { parsePropertyString } from './property-string.js';
import { withoutSecrets } from './secrets.js';
import { inOneOrder, membersOf, propertyText } from './sets.js';

/** How many backups are kept; null = not set in Proxmox. Hourly retention is not mirrored. */
export interface Retention {
  readonly keepLast: number | null;
  readonly keepDaily: number | null;
  readonly keepWeekly: number | null;
  readonly keepMonthly: number | null;
  readonly keepYearly: number | null;
  readonly keepAll: boolean;
}

export interface BackupJob extends Retention {
  readonly jobId: string;
  readonly enabled: boolean;
  readonly schedule: string;
  readonly comment: string;
  readonly notesTemplate: string;
  readonly node: string | null;
  readonly storage: string | null;
  /** VMIDs; empty when the job takes all guests or a pool. */
  readonly selection: readonly number[];
  /** Every guest but the excluded ones. */
  readonly all: boolean;
  readonly exclude: readonly number[];
  readonly pool: string | null;
  readonly bwlimit: number | null;
  readonly zstd: number | null;
  readonly ioWorkers: number | null;
  readonly fleecing: string | null;
  readonly repeatMissed: boolean | null;
  readonly pbsChangeDetectionMode: string | null;
  readonly rawConfig: Row;
}

/** null for a row without id. */
export function parseBackupJob(configured: Row): BackupJob | null {
  const row = inOneOrder(configured);
  const jobId = toText(row.id);
  if (jobId === null) return null;
  return {
    jobId,
    enabled: toBool(row.enabled) ?? true,
    schedule: toPlainText(row.schedule),
    comment: toPlainText(row.comment),
    notesTemplate: toPlainText(field(row, 'notes-template', 'notes_template')),
    node: toText(row.node),
    storage: toText(row.storage),
    selection: parseVmidList(row.vmid),
    all: toBool(row.all) ?? false,
    exclude: parseVmidList(row.exclude),
    pool: toText(row.pool),
    ...parseRetention(field(row, 'prune-backups', 'prune_backups')),
    bwlimit: toInt(row.bwlimit),
    zstd: toInt(row.zstd),
    ioWorkers: parseIoWorkers(row),
    fleecing: propertyText(row.fleecing),
    repeatMissed: toBool(field(row, 'repeat-missed', 'repeat_missed')),
    pbsChangeDetectionMode: toText(field(row, 'pbs-change-detection-mode', 'pbs_change_detection_mode')),
    rawConfig: withoutSecrets(row),
  };
}

/** What the web interface calls IO workers is `performance: max-workers=4`; the plugin's name for it is taken as well. */
function parseIoWorkers(row: Row): number | null {
  const performance = parsePropertyString(propertyText(row.performance) ?? '', '');
  return toInt(performance.get('max-workers') ?? field(row, 'io-workers', 'io_workers'));
}

/** `prune-backups` as text (`keep-last=3,keep-daily=7`, bare `keep-all`) or as object. */
export function parseRetention(value: unknown): Retention {
  const read = isObject(value) ? objectReader(value) : textReader(toPlainText(value));
  const count = (period: string): number | null => toInt(read(`keep-${period}`));
  const keepAll = read('keep-all');
  return {
    keepLast: count('last'),
    keepDaily: count('daily'),
    keepWeekly: count('weekly'),
    keepMonthly: count('monthly'),
    keepYearly: count('yearly'),
    keepAll: keepAll !== undefined && toBool(keepAll) !== false,
  };
}

function objectReader(row: Row): (key: string) => unknown {
  return (key) => field(row, key, key.replaceAll('-', '_'));
}

function textReader(text: string): (key: string) => unknown {
  const bare = text.split(',').some((piece) => /^\s*keep[-_]all\s*$/.test(piece.slice(0, 64)));
  const properties = parsePropertyString(text, '');
  return (key) => {
    const value = properties.get(key) ?? properties.get(key.replaceAll('-', '_'));
    return value === undefined && bare && key === 'keep-all' ? '1' : value;
  };
}

/** `100,101` or a single number, ascending; whatever is no VMID is left out. */
export function parseVmidList(value: unknown): readonly number[] {
  const pieces = typeof value === 'number' ? [value] : membersOf(toPlainText(value));
  const vmids = pieces.flatMap((piece) => toInt(piece) ?? []).filter((vmid) => vmid > 0);
  return [...new Set(vmids)];
}
