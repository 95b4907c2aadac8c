/** Options of the datacenter and custom CPU models, a row for each cluster or model. */
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { toInt, toText, type Row } from '../proxmox/parse/coerce.js';
import { parsePropertyString } from '../proxmox/parse/property-string.js';
import { listRows, statusOf } from '../proxmox/reads/rows.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { isObject } from '../values/plain-object.js';
import type { ReadFailure, ReadResult } from './read-endpoints.js';
import { uniqueRows } from './unique-rows.js';

/** The number that Proxmox would give to the next guest, from the range of its options; any user may ask. */
async function nextVmid(session: ProxmoxSession): Promise<number | null> {
  try {
    return toInt(await session.get('cluster/nextid'));
  } catch (error) {
    if (error instanceof ProxboxError && error.code !== 'cancelled') return null;
    throw error;
  }
}

/** `lower=200,upper=300`, or the object that newer releases make of it. */
function rangeOf(value: unknown): Row {
  const read = typeof value === 'string' ? Object.fromEntries(parsePropertyString(value, 'lower')) : value;
  const { lower, upper } = isObject(read) ? read : {};
  return { lower: toInt(lower), upper: toInt(upper) };
}

const noOptions = {
  keyboard: null, language: null, email_from: null, max_workers: null, migration_unsecure: null, next_id: null,
  notify: null, crs: null, location: null,
} as const; // prettier-ignore

/** Without `Sys.Audit` on `/` Proxmox tells nothing but tags; the next number is told all the same. */
export async function datacenterOptions(session: ProxmoxSession): Promise<Row> {
  const [answer, vmid] = await Promise.all([session.get('cluster/options'), nextVmid(session)]);
  const options = isObject(answer) ? answer : {};
  return {
    cluster_name: session.name,
    keyboard: toText(options.keyboard),
    language: toText(options.language),
    email_from: toText(options.email_from),
    max_workers: toInt(options.max_workers),
    migration_unsecure: toInt(options.migration_unsecure),
    next_id: { ...rangeOf(options['next-id']), vmid },
    notify: options.notify ?? null,
    crs: options.crs ?? null,
    location: options.location ?? null,
    status: 'ok',
    error: null,
  };
}

/** The name of the endpoint stands for that of the cluster, which nobody could tell. */
function failedRow({ endpoint, error }: ReadFailure): Row {
  return { cluster_name: endpoint.name, ...noOptions, status: 'error', error: errorText(error) };
}

/** Several endpoints may be nodes of one cluster. */
export function optionRows({ results, failures }: ReadResult<Row>): readonly Row[] {
  return [...uniqueRows(results, 'cluster_name'), ...failures.map(failedRow)];
}

/** What the plugin's columns hold. */
const longestText = 255;
const longestFlags = 512;
const largestLevel = 2 ** 31 - 1;

/** Every text is there: the plugin stores what it is given, in columns that may not be null. */
function cpuModelRow(session: ProxmoxSession, row: Row): Row | null {
  const text = (value: unknown, length = longestText): string => (toText(value) ?? '').slice(0, length);
  const cputype = text(row.cputype ?? row.name);
  if (cputype === '') return null;
  const level = toInt(row.level);
  return {
    ...row,
    cluster_name: session.name,
    cputype,
    base_cputype: text(row['reported-model']),
    flags: text(row.flags, longestFlags),
    vendor_id: text(row['hv-vendor-id']),
    level: level === null || level > largestLevel ? null : level,
    description: text(row.description),
    status: 'ok',
    error: null,
  };
}

/** Proxmox has them from 9.2 on; earlier releases have none. Those that the account may not see are left out by Proxmox. */
export async function cpuModels(session: ProxmoxSession): Promise<readonly Row[]> {
  try {
    const rows = await listRows(session, 'cluster/qemu/custom-cpu-models');
    return rows.map((row) => cpuModelRow(session, row)).filter((row) => row !== null);
  } catch (error) {
    if (statusOf(error) === 501) return [];
    throw error;
  }
}

export const cpuModelRows = ({ results }: ReadResult<readonly Row[]>): readonly Row[] =>
  uniqueRows(results.flat(), 'cputype');
