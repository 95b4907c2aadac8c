/** The answers of the read routes: which endpoints are meant, where the guest is, and what could not be read. */
import { setMaxListeners } from 'node:events';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { EndpointScope } from '../plugin-endpoints/select-endpoints.js';
import type { Row } from '../proxmox/parse/coerce.js';
import type { GuestType, ProxmoxSession } from '../proxmox/types.js';
import { findNode } from '../proxmox-reads/one-cluster.js';
import { readEndpoints, type ReadDeps, type ReadOne, type ReadResult } from '../proxmox-reads/read-endpoints.js';
import { readFailure } from './failures.js';
import { placeTable, type Place } from './places.js';
import { listReaders, narrow, readGuestFirewall, readOptions, readSummary, type ReadName } from './reads.js';
import { longestPorts, noLabel } from './rows.js';

/** A guest as a request names it; without its node it is looked for. */
export interface GuestRequest {
  readonly kind: 'guest';
  readonly node: string | undefined;
  readonly type: GuestType;
  readonly vmid: number;
}

export type PlaceRequest = Exclude<Place, { readonly kind: 'guest' }> | GuestRequest;

export interface FirewallAnswer<T> {
  readonly body: T;
  readonly failedIds: readonly number[];
}

/** The plugin waits 30 s for the summary. */
const summaryLimitMs = 25_000;

/** Every failure on the way says that the firewall could not be read, and why. */
async function reading<T>({ kind }: PlaceRequest, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw readFailure(error, placeTable[kind].readPrivilege);
  }
}

interface Found<P = Place> {
  readonly session: ProxmoxSession;
  readonly place: P;
}

/** With a single endpoint in the scope no row has to say of which cluster it is. */
const countOf = ({ results, failedIds }: ReadResult<unknown>): number => results.length + failedIds.length;

async function guestAt(session: ProxmoxSession, { type, vmid }: GuestRequest): Promise<Found | undefined> {
  const guest = (await session.guests()).find((row) => row.vmid === vmid && row.type === type);
  return guest === undefined ? undefined : { session, place: { kind: 'guest', node: guest.node, type, vmid } };
}

/** The guest, wherever it is in the scope. */
async function findGuest(scope: EndpointScope, wanted: GuestRequest, deps: ReadDeps): Promise<FirewallAnswer<Found>> {
  const { results, failures, failedIds } = await readEndpoints(scope, (session) => guestAt(session, wanted), deps);
  const found = results.filter((result) => result !== undefined);
  const [first] = found;
  if (first === undefined) {
    const [failure] = failures;
    if (failure !== undefined) throw failure.error;
    const text = `No ${wanted.type} guest ${wanted.vmid} was found.`;
    const detail = `${text} Check VMID, vm_type and endpoint; the account must be allowed to see it (VM.Audit).`;
    throw new ProxboxError('not_found', text, { detail });
  }
  const names = new Set(found.map(({ session }) => session.name));
  if (names.size === 1) return { body: first, failedIds };
  const text = `Several clusters have a guest ${wanted.vmid}: ${[...names].join(', ')}.`;
  throw new ProxboxError('bad_request', text, { detail: `${text} Name one endpoint with proxmox_endpoint_ids.` });
}

/** The one place of the scope, when it is no datacenter. */
async function findPlace(
  scope: EndpointScope,
  wanted: Exclude<PlaceRequest, { readonly kind: 'datacenter' | 'vnet' }>,
  deps: ReadDeps,
): Promise<FirewallAnswer<Found>> {
  if (wanted.kind === 'guest' && wanted.node === undefined) return findGuest(scope, wanted, deps);
  const { node = '' } = wanted;
  const request = { scope, node, clusterName: undefined, resource: 'the firewall', notFound: 'Node not found' };
  const { session, failedIds } = await findNode(request, deps);
  return {
    body: { session, place: wanted.kind === 'guest' ? { ...wanted, node } : { kind: 'node', node } },
    failedIds,
  };
}

type Readable = Exclude<PlaceRequest, { readonly kind: 'vnet' }>;

/** @throws ProxboxError `proxmox_firewall_read_failed` when it could not be read, never an empty list */
export async function answerList(
  scope: EndpointScope,
  wanted: Readable,
  name: ReadName,
  deps: ReadDeps,
): Promise<FirewallAnswer<readonly Row[]>> {
  return reading(wanted, async () => {
    if (wanted.kind !== 'datacenter') {
      const { body, failedIds } = await findPlace(scope, wanted, deps);
      const rows = await listReaders[name](narrow(body.session), body.place);
      return { body: toldOf(rows(noLabel), body.session, deps), failedIds };
    }
    const readOne: ReadOne<(isSingle: boolean) => readonly Row[]> = async (session) => {
      const rows = await listReaders[name](narrow(session), wanted);
      const label = { cluster_name: session.name, zone: 'datacenter', status: 'ok' } as const;
      return (isSingle) => toldOf(rows(isSingle ? noLabel : label), session, deps);
    };
    const read = await readEndpoints(scope, readOne, deps);
    return { body: read.results.flatMap((rows) => rows(countOf(read) === 1)), failedIds: read.failedIds };
  });
}

/** The plugin's columns cut what a port list may be: whoever looks for the rest finds it in the log. */
function toldOf(rows: readonly Row[], session: ProxmoxSession, { logger }: ReadDeps): readonly Row[] {
  const isLong = (value: unknown): boolean => typeof value === 'string' && value.length === longestPorts;
  const cut = rows.filter(({ dport, sport }) => isLong(dport) || isLong(sport));
  if (cut.length > 0)
    logger.warn(
      { endpoint: session.endpointName, positions: cut.map(({ pos }) => pos) },
      `Ports of firewall rules fill the ${longestPorts} characters that the plugin stores; what is longer was cut.`,
    );
  return rows;
}

/** Proxmox's options of one place; null without any endpoint in the scope. */
export async function answerOptions(
  scope: EndpointScope,
  wanted: Readable,
  deps: ReadDeps,
): Promise<FirewallAnswer<Row | null>> {
  return reading(wanted, async () => {
    if (wanted.kind !== 'datacenter') {
      const { body, failedIds } = await findPlace(scope, wanted, deps);
      return { body: await readOptions(body.session, body.place), failedIds };
    }
    const read = await readEndpoints(scope, (session) => readOptions(session, wanted), deps);
    if (countOf(read) > 1) {
      const text = 'Every cluster has options of its own.';
      throw new ProxboxError('bad_request', text, { detail: `${text} Name one endpoint with proxmox_endpoint_ids.` });
    }
    return { body: read.results[0] ?? null, failedIds: read.failedIds };
  });
}

function tooLate(): ProxboxError {
  const text = `The firewall was not read within ${summaryLimitMs / 1000} s.`;
  return new ProxboxError('proxmox_timeout', text, { detail: `${text} See GET /proxmox/doctor.` });
}

/**
 * One entry for each endpoint whose firewall was read completely: the plugin takes for gone what an entry does not have.
 * @throws ProxboxError `proxmox_firewall_read_failed` when none was
 */
export async function answerSummary(
  scope: EndpointScope,
  deps: ReadDeps,
): Promise<FirewallAnswer<Awaited<ReturnType<typeof readSummary>>[]>> {
  const ending = new AbortController();
  // Of every request one.
  setMaxListeners(0, ending.signal);
  const timer = setTimeout(() => ending.abort(tooLate()), summaryLimitMs);
  try {
    return await reading({ kind: 'datacenter' }, async () => {
      const readOne = async (session: ProxmoxSession) => {
        const entry = await readSummary(session, { signal: ending.signal });
        toldOf(entry.rules, session, deps);
        return entry;
      };
      const { results, failedIds } = await readEndpoints(scope, readOne, deps);
      return { body: [...results], failedIds };
    });
  } finally {
    clearTimeout(timer);
  }
}

/** For the page of a machine's configuration. */
export async function answerGuestFirewall(
  scope: EndpointScope & { readonly clusterName: string | undefined },
  place: Extract<Place, { readonly kind: 'guest' }>,
  deps: ReadDeps,
): Promise<FirewallAnswer<Row>> {
  return reading(place, async () => {
    const { clusterName, ...named } = scope;
    const request = {
      scope: named,
      node: place.node,
      clusterName,
      resource: 'the firewall',
      notFound: 'Node not found',
    };
    const { session, failedIds } = await findNode(request, deps);
    return { body: await readGuestFirewall(narrow(session), place), failedIds };
  });
}
