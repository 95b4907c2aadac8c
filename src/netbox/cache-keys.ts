/** Which cached answers a write makes untrue (NetBox renders related objects inside one another). */
import { splitPath } from './paths.js';

export interface CacheScope {
  readonly endpoint: string;
  readonly branch: string;
}

export interface CacheAddress extends CacheScope {
  readonly path: string;
}

const devices = '/api/dcim/devices/';
const machines = '/api/virtualization/virtual-machines/';
const deviceInterfaces = '/api/dcim/interfaces/';
const machineInterfaces = '/api/virtualization/interfaces/';
const disks = '/api/virtualization/virtual-disks/';
const addresses = '/api/ipam/ip-addresses/';
const macs = '/api/dcim/mac-addresses/';
const clusters = '/api/virtualization/clusters/';
const tags = '/api/extras/tags/';
const pluginPrefix = '/api/plugins/proxbox/';

/** Written collection to the collections that show it. */
const shownIn: ReadonlyMap<string, readonly string[]> = new Map([
  [disks, [machines]],
  [macs, [deviceInterfaces, machineInterfaces]],
  [addresses, [machines, devices, deviceInterfaces, machineInterfaces]],
  [machineInterfaces, [machines]],
  [deviceInterfaces, [devices]],
  [clusters, [machines, devices]],
]);

/** What NetBox deletes along with a VM or device. */
const deletedWith: ReadonlyMap<string, readonly string[]> = new Map([
  [machines, [machineInterfaces, disks, addresses, macs]],
  [devices, [deviceInterfaces, addresses, macs]],
]);

export interface Write {
  readonly method: string;
  readonly path: string;
  /** The parsed answer, if there was one: its `url` names the object that was written. */
  readonly body?: unknown;
}

function answeredPath(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('url' in body) || typeof body.url !== 'string') return undefined;
  return URL.canParse(body.url) ? new URL(body.url).pathname : undefined;
}

/** A test for cached addresses: true = no longer true after `write` in `scope`. */
export function madeUntrueBy(write: Write, scope: CacheScope): (address: CacheAddress) => boolean {
  const { collection, id } = splitPath(write.path);
  if (collection === tags) return (address) => address.endpoint === scope.endpoint;
  const deleted = write.method === 'DELETE' ? deletedWith.get(collection) : undefined;
  const collections = new Set([...(shownIn.get(collection) ?? []), ...(deleted ?? [])]);
  const answered = answeredPath(write.body);

  return ({ endpoint, branch, path }) => {
    if (endpoint !== scope.endpoint || branch !== scope.branch) return false;
    if (path === write.path || path === collection || path === answered) return true;
    const cached = splitPath(path).collection;
    if (id === undefined && cached === collection) return true;
    return collections.has(cached) || (deleted !== undefined && path.startsWith(pluginPrefix));
  };
}
