/** Which cached answers a write makes untrue (NetBox renders related objects inside one another). */
import { splitPath } from './paths.js';

export interface CacheScope {
  readonly endpoint: string;
  readonly branch: string;
}

export interface CacheAddress extends CacheScope {
  readonly path: string;
  /** Those that were asked for; absent = all. */
  readonly fields?: ReadonlySet<string>;
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
const guestInterfaces = `${pluginPrefix}guest-vm-interfaces/`;

/** Where the objects of a written collection show in others. */
interface Appearance {
  readonly in: readonly string[];
  /** The fields in which more shows than which object it is; absent = all. */
  readonly fields?: readonly string[];
  /** A new object shows there as well, not only a changed or deleted one. */
  readonly whenNew: boolean;
}

/** Since NetBox 4.7 an interface that is written with a MAC address makes one. */
const ofInterfaces = (parents: string): readonly Appearance[] => [
  { in: [macs], whenNew: true },
  { in: [parents], fields: ['interface_count'], whenNew: true },
];

const appearances: ReadonlyMap<string, readonly Appearance[]> = new Map([
  [disks, [{ in: [machines], fields: ['disk', 'virtual_disk_count'], whenNew: true }]],
  [
    macs,
    [
      {
        in: [deviceInterfaces, machineInterfaces],
        fields: ['mac_address', 'mac_addresses', 'primary_mac_address'],
        whenNew: true,
      },
    ],
  ],
  [
    addresses,
    [
      { in: [machines, devices], fields: ['primary_ip', 'primary_ip4', 'primary_ip6', 'oob_ip'], whenNew: false },
      { in: [deviceInterfaces, machineInterfaces], fields: ['count_ipaddresses'], whenNew: true },
    ],
  ],
  [machineInterfaces, ofInterfaces(machines)],
  [deviceInterfaces, ofInterfaces(devices)],
  [clusters, [{ in: [machines, devices], fields: ['site'], whenNew: false }]],
]);

/** What NetBox deletes along with an object, beside the rows that the plugin keeps about it. */
const deletedWith: ReadonlyMap<string, readonly string[]> = new Map([
  [machines, [machineInterfaces, disks, addresses, macs]],
  [devices, [deviceInterfaces, addresses, macs]],
  [machineInterfaces, [addresses, macs]],
  [deviceInterfaces, [addresses, macs]],
  [guestInterfaces, [`${pluginPrefix}guest-vm-interface-addresses/`]],
]);

export interface Write {
  readonly method: string;
  readonly path: string;
  /** The parsed answer, if there was one: its `url` names the object that was written. */
  readonly body?: unknown;
}

/** As the client asks for it: NetBox may be served below a path, which its links begin with. */
function answeredPath(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('url' in body) || typeof body.url !== 'string') return undefined;
  return URL.canParse(body.url) ? /\/api\/(?!.*\/api\/).*$/.exec(new URL(body.url).pathname)?.[0] : undefined;
}

function shows(appearance: Pick<Appearance, 'fields' | 'whenNew'>, write: Write, cached: CacheAddress): boolean {
  if (cached.fields === undefined) return true;
  if (write.method === 'POST' && !appearance.whenNew) return false;
  return appearance.fields?.some((field) => cached.fields?.has(field)) ?? true;
}

/** A test for cached addresses: true = no longer true after `write` in `scope`. */
export function madeUntrueBy(write: Write, scope: CacheScope): (address: CacheAddress) => boolean {
  const { collection, id } = splitPath(write.path);
  if (collection === tags) {
    const everywhere = { fields: ['tags'], whenNew: false };
    return (address) =>
      address.endpoint === scope.endpoint &&
      (splitPath(address.path).collection === tags || shows(everywhere, write, address));
  }
  const isDelete = write.method === 'DELETE';
  const deleted = isDelete ? (deletedWith.get(collection) ?? []) : [];
  const takesPluginRows = isDelete && !collection.startsWith(pluginPrefix);
  const answered = answeredPath(write.body);

  return (address) => {
    const { endpoint, branch, path } = address;
    if (endpoint !== scope.endpoint || branch !== scope.branch) return false;
    if (path === write.path || path === collection || path === answered) return true;
    const cached = splitPath(path).collection;
    if (id === undefined && cached === collection) return true;
    if (deleted.includes(cached) || (takesPluginRows && path.startsWith(pluginPrefix))) return true;
    return (appearances.get(collection) ?? []).some(
      (appearance) => appearance.in.includes(cached) && shows(appearance, write, address),
    );
  };
}
