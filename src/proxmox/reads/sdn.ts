/**
 * Reads of software-defined networks, with what is configured and not applied. Each answers null where the release does not have
 * it (501 and 404): that says nothing of what there is.
 */
import { toProxboxError } from '../../errors/proxbox-error.js';
import { path } from '../host.js';
import {
  parseSdnController,
  parseSdnNodeZone,
  parseSdnSubnet,
  parseSdnVnet,
  parseSdnZone,
  type SdnController,
  type SdnNodeZone,
  type SdnSubnet,
  type SdnVnet,
  type SdnZone,
} from '../parse/sdn.js';
import {
  parseSdnFabrics,
  parseSdnPrefixListEntry,
  parseSdnRouteMapEntry,
  type SdnFabric,
  type SdnPrefixListEntry,
  type SdnRouteMapEntry,
} from '../parse/sdn-routing.js';
import type { ProxmoxSession, ReadOptions } from '../types.js';
import { shapeError } from '../failures.js';
import { toText, type Row } from '../parse/coerce.js';
import { listEvery, statusOf, type Reader } from './rows.js';

type Rows<T> = Promise<readonly T[] | null>;

export function readSdnControllers(session: Reader, options?: ReadOptions): Rows<SdnController> {
  return readAll(session, { below: 'cluster/sdn/controllers', parse: parseSdnController, options });
}

export function readSdnZones(session: Reader, options?: ReadOptions): Rows<SdnZone> {
  return readAll(session, { below: 'cluster/sdn/zones', parse: parseSdnZone, options });
}

export function readSdnVnets(session: Reader, options?: ReadOptions): Rows<SdnVnet> {
  return readAll(session, { below: 'cluster/sdn/vnets', parse: parseSdnVnet, options });
}

export function readSdnSubnets(session: Reader, vnet: string, options?: ReadOptions): Rows<SdnSubnet> {
  return readAll(session, {
    below: path`cluster/sdn/vnets/${vnet}/subnets`,
    parse: (row) => parseSdnSubnet(row, vnet),
    options,
  });
}

/** The zones as a node has them; only of a node that is online. */
export function readSdnNodeZones(session: Reader, node: string, options?: ReadOptions): Rows<SdnNodeZone> {
  return unlessUnknown(() => listEvery(session, path`nodes/${node}/sdn/zones`, parseSdnNodeZone, options));
}

/** Later releases have more; others are not asked. */
type VersionedReader = Reader & Pick<ProxmoxSession, 'version'>;

function hasRelease({ version: { release } }: VersionedReader, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = release.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** `cluster/sdn/fabrics` itself is only a directory. */
export async function readSdnFabrics(session: VersionedReader, options?: ReadOptions): Rows<SdnFabric> {
  if (!hasRelease(session, 9, 0)) return null;
  const below = 'cluster/sdn/fabrics/all';
  return unlessUnknown(async () => {
    const fabrics = parseSdnFabrics(await session.get(below, { ...options, query: { pending: 1 } }));
    if (fabrics === null) throw shapeError(session.endpointName, below, 'fabrics and their nodes');
    return fabrics;
  });
}

export async function readSdnRouteMaps(session: VersionedReader, options?: ReadOptions): Rows<SdnRouteMapEntry> {
  if (!hasRelease(session, 9, 2)) return null;
  return readAll(session, { below: 'cluster/sdn/route-maps/entries', parse: parseSdnRouteMapEntry, options });
}

/** The entries of all lists: a request for each of these. */
export async function readSdnPrefixLists(session: VersionedReader, options?: ReadOptions): Rows<SdnPrefixListEntry> {
  if (!hasRelease(session, 9, 2)) return null;
  const names = await readAll(session, {
    below: 'cluster/sdn/prefix-lists',
    parse: (row) => toText(row.id),
    options,
  });
  if (names === null) return null;
  const lists = await Promise.all(
    names.map(async (name) =>
      readAll(session, {
        below: path`cluster/sdn/prefix-lists/${name}/entries`,
        parse: (row) => parseSdnPrefixListEntry(row, name),
        options,
      }),
    ),
  );
  return lists.flatMap((entries) => entries ?? []);
}

interface ListRead<T> {
  readonly below: string;
  readonly parse: (row: Row) => T | null;
  readonly options: ReadOptions | undefined;
}

function readAll<T>(session: Reader, { below, parse, options }: ListRead<T>): Rows<T> {
  return unlessUnknown(() => listEvery(session, below, parse, { ...options, query: { pending: 1 } }));
}

/** What it answers; null where Proxmox has no such method. */
async function unlessUnknown<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    const status = statusOf(toProxboxError(error));
    if (status === 404 || status === 501) return null;
    throw error;
  }
}
