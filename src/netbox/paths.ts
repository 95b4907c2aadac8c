/** What a REST path of NetBox says: which collection, which object, and what has to be said with it. */
import { ProxboxError } from '../errors/proxbox-error.js';
import type { Query } from './types.js';

/** Absolute URLs, queries and missing slashes are refused: NetBox answers a write without the last slash with 404. */
export function checkPath(path: string): void {
  if (/^\/api\/(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*\/)*$/.test(path)) return;
  throw new ProxboxError('internal', `'${path}' is not a NetBox API path.`, {
    detail: 'internal: a path begins with /api/, ends with a slash and carries no query.',
  });
}

export interface PathParts {
  /** e.g. `/api/dcim/devices/`. */
  readonly collection: string;
  readonly id: number | undefined;
}

export function splitPath(path: string): PathParts {
  const match = /^(.*\/)(\d+)\/$/.exec(path);
  return match?.[1] === undefined
    ? { collection: path, id: undefined }
    : { collection: match[1], id: Number(match[2]) };
}

export function objectPath(collection: string, id: number): string {
  return `${collection}${id}/`;
}

export const statusPath = '/api/status/';

/** These speak of the installation, not of a branch, and are asked afresh every time. */
const installationPaths: ReadonlySet<string> = new Set([statusPath, '/api/authentication-check/']);

export function isInstallationPath(path: string): boolean {
  return installationPaths.has(path);
}

const withConfigContext: ReadonlySet<string> = new Set(['/api/dcim/devices/', '/api/virtualization/virtual-machines/']);

/**
 * Leaves the rendered config context out of devices and VMs: it costs a subquery per list and a rendering per object. Up
 * to NetBox 4.6 only `exclude` drops the subquery too; 4.7 ignores `exclude` and wants `omit`, or `fields` without it.
 */
export function excludeConfigContext(path: string, query: Query): Query {
  if (!withConfigContext.has(splitPath(path).collection) || query.brief !== undefined) return query;
  const omit = query.fields === undefined ? { omit: query.omit ?? 'config_context' } : {};
  return { ...query, exclude: query.exclude ?? 'config_context', ...omit };
}
