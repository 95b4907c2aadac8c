/**
 * Carries out operational verbs: finds the guest and its virtual machine in NetBox, writes the journal entry, looks, acts,
 * completes the entry. Nothing is sent to Proxmox without an entry. What was begun is ended even when the client leaves.
 */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { ConfirmWrites } from '../endpoints/types.js';
import { errorCatalog, type ErrorCode } from '../errors/catalog.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { toText } from '../proxmox/parse/coerce.js';
import { parseUpid } from '../proxmox/parse/upid.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { auditTarget } from './audit-target.js';
import { causeText } from './failure.js';
import { createIdempotencyStore, type Performed } from './idempotency.js';
import { journalTime, openJournal, type JournalEntry, type JournalState } from './journal.js';
import { locateGuest, openVerbSession } from './locate.js';
import { openNetBox } from './open-netbox.js';
import { recordWrite, type RecordDeps, type RecordedWrite } from './record-write.js';
import { recordTaskEnd } from './task-end.js';
import type { GuestPlace, Settled, Told, Verb, VerbAction, VerbAnswer, VerbCall } from './types.js';

export interface VerbDeps extends RecordDeps {
  readonly logger: Logger;
  readonly confirmWrites: ConfirmWrites;
}

export interface VerbService {
  /**
   * The answer also when Proxmox refuses. Throws ProxboxError for what ended before there was a journal entry
   * (errors/verb-entries.ts).
   */
  run(verb: Verb, call: VerbCall): Promise<VerbAnswer>;
  /** Any other write on a guest, recorded where NetBox knows it. Answers and throws what `act` does. */
  record(write: RecordedWrite, act: () => Promise<unknown>): Promise<unknown>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

/** What became of the verb at Proxmox. */
interface Outcome {
  readonly status: number;
  readonly result: string;
  readonly upid: string | null;
  readonly told: Told;
  readonly code?: ErrorCode;
  readonly detail?: string;
  readonly note?: string;
  /** False: nothing was sent. */
  readonly isFinal: boolean;
}

export function createVerbService(deps: VerbDeps): VerbService {
  const idempotency = createIdempotencyStore(deps.clock);
  const underWay = new Set<Promise<unknown>>();

  async function answer(verb: Verb, call: VerbCall): Promise<VerbAnswer> {
    const action = verb.plan(call);
    const { idempotencyKey: key, endpoint, type, vmid } = call;
    if (key === undefined || !verb.isIdempotent) return (await perform(verb, action, call, deps)).answer;
    const scope = JSON.stringify([endpoint.id, verb.name, type, vmid, key]);
    return idempotency.once(scope, fingerprintOf(call.body), () => perform(verb, action, call, deps));
  }

  function track<T>(running: Promise<T>): Promise<T> {
    const tracked = running.then(
      () => undefined,
      () => undefined,
    );
    underWay.add(tracked);
    void tracked.finally(() => underWay.delete(tracked));
    return running;
  }

  return {
    run: (verb, call) => track(answer(verb, call)),
    record: (write, act) => track(recordWrite(write, act, deps)),
    settled: async () => {
      await Promise.all(underWay);
    },
  };
}

function fingerprintOf(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(body ?? {}))
    .digest('hex');
}

async function perform(verb: Verb, action: VerbAction, call: VerbCall, deps: VerbDeps): Promise<Performed> {
  const netbox = await openNetBox(deps.netboxAccess);
  const place = await locateGuest(await openVerbSession(call, deps), call);
  const audited = { ...call, verb: verb.name };
  const virtualMachineId = await auditTarget(netbox, audited, place, {
    stored: () => deps.proxmoxEndpoints.all(),
    openOther: (endpoint) => openVerbSession({ endpoint, endpointId: endpoint.id }, deps),
  });
  const dispatchedAt = journalTime(deps.clock);
  const entry = await openJournal(netbox, { ...audited, virtualMachineId, dispatchedAt });
  const outcome = await act(verb, action, { place, endpoint: call.endpoint }, deps);
  logOutcome(verb, call, outcome, deps);
  const body = bodyOf(verb, call, outcome, { dispatched_at: dispatchedAt, journal_entry_url: entry.url });
  const performed = await complete(entry, outcome, body, deps);
  const { upid } = outcome;
  if (upid !== null) void recordTaskEnd({ session: place.session, upid, entry, state: stateOf(outcome) }, deps);
  return performed;
}

interface Target {
  readonly place: GuestPlace;
  readonly endpoint: VerbCall['endpoint'];
}

/** The gate once more, as the last thing before the verb is sent. */
async function refusalOf(endpoint: VerbCall['endpoint'], deps: VerbDeps): Promise<Outcome | undefined> {
  try {
    await deps.confirmWrites(endpoint);
    return undefined;
  } catch (error) {
    const { code, status } = toProxboxError(error);
    return { status, result: 'rejected', upid: null, told: {}, code, detail: causeText(error), isFinal: false };
  }
}

/** Never throws: whatever happens is an outcome. */
async function act(verb: Verb, action: VerbAction, { place, endpoint }: Target, deps: VerbDeps): Promise<Outcome> {
  try {
    const settled = await action.check?.(place);
    if (settled !== undefined) return settledOutcome(settled);
  } catch (error) {
    return failedOutcome(verb, verb.checkFailed, error, { isFinal: false, deps });
  }
  if (deps.stopping.aborted) {
    const stopped = new ProxboxError('cancelled', 'The service stops.');
    const outcome = failedOutcome(verb, 'proxmox_dispatch_interrupted', stopped, { isFinal: false, deps });
    return { ...outcome, result: 'interrupted' };
  }
  const refused = await refusalOf(endpoint, deps);
  if (refused !== undefined) return refused;
  try {
    const upid = taskIn(await action.dispatch(place), place);
    const told = action.told?.(place, upid) ?? {};
    return { ...verb.accepted, upid, told, isFinal: true, ...noteOf(action) };
  } catch (error) {
    const refusal = verb.failed.refusal?.(toProxboxError(error));
    const failed = failedOutcome(verb, refusal ?? verb.failed.code, error, { isFinal: true, deps });
    return { ...failed, ...noteOf(action) };
  }
}

/** Whatever begins a task answers its UPID; vzdump answers `OK` where the guest is on another node by now, and does nothing. */
function taskIn(answer: unknown, { type, vmid, node }: GuestPlace): string | null {
  const text = toText(answer);
  if (text === null || parseUpid(text) !== null) return text;
  throw new ProxboxError('proxmox_dispatch_failed', 'Proxmox began no task.', {
    detail: `It answered ${JSON.stringify(text.slice(0, 100))}. Perhaps ${type} ${vmid} left node ${node} meanwhile: repeat the request.`,
  });
}

function noteOf({ note }: VerbAction): { readonly note?: string } {
  return note === undefined ? {} : { note: note() };
}

function settledOutcome({ result, code, detail, told = {} }: Settled): Outcome {
  return {
    status: code === undefined ? 200 : errorCatalog[code].status,
    result,
    upid: null,
    told,
    isFinal: true,
    ...(code === undefined ? {} : { code }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** A bug is told as such, without its text. */
function failedOutcome(
  verb: Verb,
  expected: ErrorCode,
  error: unknown,
  { isFinal, deps }: { readonly isFinal: boolean; readonly deps: Pick<VerbDeps, 'logger'> },
): Outcome {
  const cause = toProxboxError(error);
  const isBug = cause.code === 'internal';
  if (isBug) deps.logger.error({ err: error, verb: verb.name }, 'A verb failed unexpectedly.');
  const code = isBug ? 'proxmox_dispatch_unexpected_error' : expected;
  const detail = isBug ? 'An unexpected error occurred.' : failureText(verb, code, cause);
  const { status } = errorCatalog[code];
  return { status, result: verb.failed.result, upid: null, told: {}, code, detail, isFinal };
}

const mayHaveArrived: ReadonlySet<string> = new Set([
  'proxmox_unreachable',
  'proxmox_timeout',
  'remote_protocol',
  'cancelled',
]);

/** After a time-out or a lost connection, also one behind the answering node (502 and above), nobody knows whether Proxmox acted. */
function isAnswerLost({ code, upstream }: ProxboxError): boolean {
  return upstream === undefined ? mayHaveArrived.has(code) : upstream.status >= 502 || upstream.status < 300;
}

function failureText(verb: Verb, code: ErrorCode, cause: ProxboxError): string {
  const text = causeText(cause);
  if (code !== verb.failed.code) return text;
  const warning = isAnswerLost(cause)
    ? ' Proxmox may have acted all the same: look at its task log before you repeat it.'
    : '';
  return `Error dispatching Proxmox VM ${verb.name}. ${text}${warning}`;
}

function bodyOf(verb: Verb, call: VerbCall, outcome: Outcome, more: Told): Told {
  const { upid, told, code, detail } = outcome;
  return {
    verb: verb.name,
    vmid: call.vmid,
    vm_type: call.type,
    endpoint_id: call.endpointId,
    backend_endpoint_id: call.endpoint.id,
    endpoint_name: call.endpoint.name,
    result: outcome.result,
    ...more,
    ...(upid === null ? {} : { proxmox_task_upid: upid }),
    ...told,
    ...(code === undefined ? {} : { reason: code }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function stateOf({ result, upid, code, detail, note }: Outcome): JournalState {
  return { result, upid, note, error: detail, kind: code === undefined ? 'info' : 'warning' };
}

/** Writes what became of it. When that fails the answer says so, and a repetition writes it again without acting. */
async function complete(entry: JournalEntry, outcome: Outcome, body: Told, deps: VerbDeps): Promise<Performed> {
  const { isFinal, status } = outcome;
  try {
    await entry.write(stateOf(outcome));
    return { answer: { status, body }, isFinal };
  } catch (error) {
    const text = causeText(error);
    deps.logger.warn(
      { reason: errorText(error), entry: entry.url },
      'The journal entry of a verb could not be completed.',
    );
    const failed = {
      reason: 'netbox_journal_finalization_failed',
      detail: `Proxmox was asked, but the outcome could not be written to the journal entry. ${text}`,
      ...body,
      journal_finalized: false,
      finalization_error: text,
    };
    return {
      answer: { status: status < 400 ? errorCatalog.netbox_journal_finalization_failed.status : status, body: failed },
      isFinal,
      finish: () => complete(entry, outcome, body, deps),
    };
  }
}

function logOutcome(verb: Verb, { endpoint, vmid, actor }: VerbCall, outcome: Outcome, deps: VerbDeps): void {
  logSecurityEvent(
    deps.logger,
    { event: 'verb', verb: verb.name, endpointId: endpoint.id, vmid, outcome: outcome.code ?? outcome.result },
    actor,
  );
}
