/**
 * Carries out the writes of the firewall: looks at the list, sends what makes it as it is asked for and nothing else. What
 * is so already is not written again, and nothing is reported done that is not there.
 */
import pLimit, { type LimitFunction } from 'p-limit';
import type { Logger } from 'pino';
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { path } from '../proxmox/host.js';
import { toText, type Row } from '../proxmox/parse/coerce.js';
import { listRows, statusOf } from '../proxmox/reads/rows.js';
import { writeTimeoutMs, type ConnectedSession } from '../proxmox/session.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { isObject } from '../values/plain-object.js';
import type { VerbService } from '../verbs/service.js';
import type { PlaceRequest } from './answer-reads.js';
import { wantedIn, type Wanted } from './body.js';
import { writeFailure } from './failures.js';
import { findRow, itemPath, objectTable, type ObjectName, type WriteOp } from './objects.js';
import { createOwnWrites, type OwnWrites } from './own-writes.js';
import { basePath, placeTable, type Place } from './places.js';
import {
  change,
  checkRule,
  creation,
  isAsWanted,
  mergedRule,
  move,
  removal,
  targetIndex,
  type FirewallCall,
} from './plan.js';

export interface FirewallWriteDeps {
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'credentials'>;
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'open'>;
  readonly verbs: Pick<VerbService, 'record'>;
  readonly logger: Logger;
}

/** A write as somebody asked for it. The gate has been passed. */
export interface FirewallWrite {
  readonly endpoint: ProxmoxEndpoint;
  /** The number by which the request named the endpoint; answers repeat it. */
  readonly endpointId: number;
  readonly actor: string;
  readonly place: PlaceRequest;
  readonly object: ObjectName;
  readonly op: WriteOp;
  /** Group or set that it belongs to; empty: none. */
  readonly parent: string;
  /** Of the path: position, name or network. */
  readonly key: string | undefined;
  /** Checked by its schema; empty for a removal. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Also a set that has members is removed. */
  readonly isForced: boolean;
  /** Asked right before the first call that changes something; throws when writing is not allowed any more. */
  readonly confirm: () => Promise<void>;
}

/** Body of the 200, as the plugin reads it. */
export interface FirewallWritten {
  readonly status: 'pushed' | 'deleted' | 'skipped';
  readonly endpoint_id: number;
  readonly cluster_name: string;
  readonly actor: string;
  /** Of Proxmox. */
  readonly path: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly proxmox_task_id: null;
  readonly response: null;
}

export interface FirewallWrites {
  /** @throws ProxboxError (errors/firewall-entries.ts) for everything that was not carried out */
  write(write: FirewallWrite): Promise<FirewallWritten>;
}

interface Shared extends FirewallWriteDeps {
  readonly own: OwnWrites;
}

export function createFirewallWrites(deps: FirewallWriteDeps): FirewallWrites {
  const shared = { ...deps, own: createOwnWrites() };
  /** One after another: each of them looks at a list and then changes what it saw. */
  const turns = new Map<number, LimitFunction>();
  const turnOf = (id: number): LimitFunction => {
    const turn = turns.get(id) ?? pLimit(1);
    turns.set(id, turn);
    return turn;
  };
  return {
    write: async (write) => {
      const { endpoint, actor } = write;
      const log = (outcome: string, at: string | undefined): void => {
        const event = { event: 'firewall_write', endpointId: endpoint.id, outcome } as const;
        logSecurityEvent(deps.logger, at === undefined ? event : { ...event, path: at }, actor);
      };
      try {
        const written = await turnOf(endpoint.id)(() => perform(write, shared));
        log(written.status, written.path);
        return written;
      } catch (error) {
        const { code, where } = toProxboxError(error);
        log(code, where['path'] === undefined ? undefined : String(where['path']));
        throw error;
      }
    },
  };
}

async function openSession(
  { endpoint, endpointId }: FirewallWrite,
  deps: FirewallWriteDeps,
): Promise<ConnectedSession> {
  try {
    return await deps.proxmoxSessions.open(endpoint, deps.proxmoxEndpoints.credentials(endpoint.id));
  } catch (cause) {
    throw new ProxboxError('proxmox_session_unreachable', `Proxmox endpoint '${endpoint.name}' cannot be used.`, {
      detail: `Proxmox endpoint '${endpoint.name}' cannot be used. ${errorText(cause)}`,
      where: { endpoint_id: endpointId },
      cause,
    });
  }
}

/** Proxmox keeps a firewall also for a number that is no guest, so the guest is looked for, wherever it is now. */
async function placeOf(session: ConnectedSession, wanted: PlaceRequest): Promise<Place> {
  if (wanted.kind !== 'guest') return wanted;
  const { type, vmid } = wanted;
  const guest = (await session.guests({ fresh: true })).find((row) => row.vmid === vmid && row.type === type);
  if (guest !== undefined) return { kind: 'guest', node: guest.node, type, vmid };
  const text = `Cluster '${session.name}' has no ${type} guest ${vmid}, or the account may not see it (VM.Audit).`;
  throw new ProxboxError('vm_not_found_in_cluster', text, { detail: text });
}

/** A write on its way. */
interface Task extends FirewallWrite {
  readonly session: ConnectedSession;
  readonly at: Place;
  readonly list: string;
  readonly wanted: Wanted;
  readonly progress: Progress;
}

interface Progress {
  /** Something was sent that changes something. */
  isSent: boolean;
  /** Empty: nobody was asked. */
  list: string;
}

async function perform(write: FirewallWrite, deps: Shared): Promise<FirewallWritten> {
  const { object, place, parent, body, key } = write;
  const { writePrivilege: needed } = placeTable[place.kind];
  const wanted = wantedOn(place, wantedIn(object, body, key), object);
  const progress: Progress = { isSent: false, list: '' };
  try {
    const session = await openSession(write, deps);
    const at = await placeOf(session, place);
    const list = objectTable[object].list(basePath(at), parent);
    progress.list = list;
    const task: Task = { ...write, session, at, list, wanted, progress };
    const live = await readLive(task);
    if (live === 'unsupported') return unsupported(task);
    return await outcomeOf(task, live, deps);
  } catch (error) {
    throw writeFailure(error, { ...progress, path: progress.list, endpointId: write.endpointId, needed });
  }
}

/** A rule of a VNet names no interface: that is where the plugin keeps the name of the VNet. */
function wantedOn({ kind }: PlaceRequest, wanted: Wanted, object: ObjectName): Wanted {
  if (kind !== 'vnet' || object !== 'rules') return wanted;
  return { ...wanted, values: Object.fromEntries(Object.entries(wanted.values).filter(([name]) => name !== 'iface')) };
}

type Live = readonly Row[];

/** `unsupported`: this release has no firewall on VNets, or the VNet has none. */
async function readLive({ session, list, object, at }: Task): Promise<Live | 'unsupported'> {
  try {
    if (object !== 'options') return await listRows(session, list);
    const answer = await session.get(list);
    return isObject(answer) ? [answer] : [];
  } catch (error) {
    const status = statusOf(error);
    if (at.kind === 'vnet' && (status === 404 || status === 501)) return 'unsupported';
    throw error;
  }
}

function written(task: Task, status: FirewallWritten['status'], more: Partial<FirewallWritten> = {}): FirewallWritten {
  const { endpointId, endpoint, actor, list } = task;
  return {
    status,
    endpoint_id: endpointId,
    cluster_name: endpoint.name,
    actor,
    path: list,
    reason: null,
    detail: null,
    proxmox_task_id: null,
    response: null,
    ...more,
  };
}

function unsupported(task: Task): FirewallWritten {
  return written(task, 'skipped', {
    reason: 'vnet_firewall_not_supported',
    detail: 'Upstream Proxmox has no firewall on this VNet.',
  });
}

/** What was found, what is to be sent, and what is done after it. */
interface Step {
  readonly call: FirewallCall | undefined;
  readonly then?: (send: Send) => Promise<void>;
}
type Send = (call: FirewallCall) => Promise<void>;

async function outcomeOf(task: Task, live: Live, deps: Shared): Promise<FirewallWritten> {
  const { object, op, wanted } = task;
  const { call, then } = stepOf(task, live, deps.own);
  const status = op === 'remove' ? 'deleted' : 'pushed';
  if (call === undefined) {
    const place = objectTable[object].item === null ? task.list : itemPath(object, task.list, wanted.key);
    return written(task, status, { path: place, detail: 'It is so already; nothing was sent.' });
  }
  await recorded(task, call, deps, async () => {
    await task.confirm();
    const send: Send = async ({ method, path: below, parameters }) => {
      task.progress.isSent = true;
      await task.session.write(method, below, parameters, { timeoutMs: writeTimeoutMs });
    };
    await send(call);
    await then?.(send);
    return null;
  });
  return written(task, status, { path: call.path });
}

/** On a guest the write stands in its journal, where NetBox knows the guest. */
async function recorded(task: Task, call: FirewallCall, deps: Shared, act: () => Promise<unknown>): Promise<void> {
  const { at, session, endpoint, actor } = task;
  if (at.kind !== 'guest') {
    await act();
    return;
  }
  const { node, type, vmid } = at;
  const place = { session, node, type, vmid, path: path`nodes/${node}/${type}/${vmid}` };
  await deps.verbs.record({ endpoint, actor, operation: `${call.method} /${call.path}`, place }, act);
}

function missing({ object, wanted, list, endpointId }: Task): ProxboxError {
  const { noun } = objectTable[object];
  const text = `Proxmox has no ${noun} '${wanted.key}' in ${list}. Nothing was sent.`;
  return new ProxboxError('firewall_object_not_found', text, {
    detail: text,
    where: { endpoint_id: endpointId, path: list },
  });
}

function stepOf(task: Task, live: Live, own: OwnWrites): Step {
  const { object, op, wanted, isForced } = task;
  const isRule = object === 'rules' || object === 'groupRules';
  const row = object === 'options' ? (live[0] ?? {}) : findRow(object, live, wanted.key);
  if (op === 'remove') {
    if (row === undefined) throw missing(task);
    return { call: removal(task, wanted.key, row, isForced) };
  }
  if (isRule) return ruleStep(task, live, row, own);
  if (op === 'update' && row === undefined) throw missing(task);
  return { call: row === undefined ? creation(task, wanted) : change(task, wanted, row) };
}

/** Rules have places: one that is made goes to the top and is then put where it belongs. */
function ruleStep(task: Task, live: Live, row: Row | undefined, own: OwnWrites): Step {
  const { op, wanted, object } = task;
  const scope = {
    types: object === 'groupRules' ? ['in', 'out', 'forward'] : placeTable[task.place.kind].ruleTypes,
    of: object === 'groupRules' ? 'a security group' : placeTable[task.place.kind].of,
    isGuest: task.place.kind === 'guest',
  };
  if (op === 'update' && row === undefined) throw missing(task);
  checkRule(op === 'update' ? mergedRule(wanted.values, row) : wanted.values, scope);
  if (op === 'update' && row !== undefined) return changeStep(task, live, row, own);
  const index = targetIndex(wanted.key, live.length);
  const last = Math.min(index, live.length - 1);
  const there = live[last];
  const made = (): void => own.made(listName(task), wanted.key, wanted.values);
  if (there !== undefined && isAsWanted(object, there, wanted.values)) {
    made();
    return { call: undefined };
  }
  if (there !== undefined && own.isMade(listName(task), wanted.key, there)) {
    const step = changeStep({ ...task, wanted: { ...wanted, key: String(last) } }, live, there, own);
    return { call: step.call, then: (send) => step.then?.(send).then(made) ?? Promise.resolve() };
  }
  checkUnchanged(task, live, own);
  const place = async (send: Send): Promise<void> => {
    await moveNew(task, { index, before: live.length, send });
    made();
    // The last one moves no other.
    if (index === live.length) await rememberDigest(task, live, own);
  };
  return { call: creation(task, wanted), then: place };
}

function changeStep(task: Task, live: Live, row: Row, own: OwnWrites): Step {
  const call = change(task, task.wanted, row);
  if (call === undefined) return { call };
  checkUnchanged(task, live, own);
  return { call, then: () => rememberDigest(task, live, own) };
}

const listName = ({ endpoint, list }: Task): string => `${endpoint.id} ${list}`;

/** @throws `firewall_changed` when somebody else has changed the list since the plugin read it */
function checkUnchanged(task: Task, live: Live, own: OwnWrites): void {
  const { wanted, list, endpointId } = task;
  const now = toText(live[0]?.digest);
  if (wanted.digest === null || now === null || own.leadsTo(listName(task), wanted.digest, now)) return;
  const text = `The rules of ${list} were changed in Proxmox since they were read, so positions may mean other rules. Nothing was sent.`;
  throw new ProxboxError('firewall_changed', text, {
    detail: `${text} Sync the endpoint, then push again.`,
    where: { endpoint_id: endpointId, path: list },
  });
}

async function rememberDigest(task: Task, live: Live, own: OwnWrites): Promise<void> {
  const from = toText(live[0]?.digest);
  // What was written is written: not to know the new digest costs the next push a sync.
  const after = await listRows(task.session, task.list).catch(() => []);
  const to = toText(after[0]?.digest);
  if (from !== null && to !== null) own.changed(listName(task), from, to);
}

interface Moving {
  readonly index: number;
  /** How many rules there were. */
  readonly before: number;
  readonly send: Send;
}

/** Where the new rule cannot be put in its place it is taken back: at the top it would decide before all others. */
async function moveNew(task: Task, { index, before, send }: Moving): Promise<void> {
  if (index === 0) return;
  const first = await newRule(task, before);
  const digest = toText(first.digest);
  const misplaced = await failureOf(send(move(task, index, digest)));
  if (misplaced === undefined) return;
  const parameters = digest === null ? {} : { digest };
  const stays = await failureOf(send({ method: 'DELETE', path: `${task.list}/0`, parameters }));
  throw leftBehind(task, misplaced, stays === undefined);
}

const failureOf = (sending: Promise<void>): Promise<unknown> =>
  sending.then(
    () => undefined,
    (error: unknown) => error ?? 'unknown',
  );

/** The one at the top, when it is the one that was just made. */
async function newRule(task: Task, before: number): Promise<Row> {
  const { session, list, object, wanted } = task;
  const [first, ...others] = await listRows(session, list).catch((error: unknown) => {
    throw leftBehind(task, error, false);
  });
  if (first !== undefined && others.length === before && isAsWanted(object, first, wanted.values)) return first;
  throw leftBehind(task, 'Somebody else changed the list at the same time.', false);
}

function leftBehind(task: Task, cause: unknown, isTakenBack: boolean): ProxboxError {
  const { list, wanted, endpointId } = task;
  const state = isTakenBack
    ? 'so it was taken back'
    : 'and it stands at the top unless somebody moved it: look at the list in Proxmox';
  const text = `The rule was made but not put to position ${wanted.key}, ${state}. ${errorText(cause)}`;
  const where = { endpoint_id: endpointId, path: list };
  const detail = { reason: 'proxmox_firewall_write_failed', detail: text, ...where };
  return new ProxboxError('proxmox_firewall_write_failed', text, { detail, where, cause });
}
