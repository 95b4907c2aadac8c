/**
 * Writes that are about no guest and name their cluster, not an endpoint: finds the endpoint that may be written to, looks at both
 * switches, and tells the log who did what. NetBox has no object of them, so there is no journal entry.
 */
import type { Logger } from 'pino';
import type { ConfirmWrites, ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import type { EndpointScope } from '../plugin-endpoints/select-endpoints.js';
import { sourceOf } from '../plugin-endpoints/select-endpoints.js';
import { writeTimeoutMs, type ConnectedSession } from '../proxmox/session.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import { isMeant, unknownBecause } from '../proxmox-reads/one-cluster.js';
import { readEndpoints, type ReadDeps } from '../proxmox-reads/read-endpoints.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { writeFailure, type Sent } from './failures.js';

export interface WriteDeps extends ReadDeps {
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'open'>;
  readonly confirmWrites: ConfirmWrites;
  /** Makes the plugin's row be read, so that the next try works. */
  readonly pluginMirror: { noticeRefusal(endpointId: number): void };
  readonly logger: Logger;
}

/** A write as somebody asked for it. */
export interface Write extends Pick<Sent, 'since' | 'privilege'> {
  readonly scope: EndpointScope;
  /** Case does not matter; undefined: there is only one. */
  readonly clusterName: string | undefined;
  readonly actor: string;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Of the URL, for the log. */
  readonly path: string;
}

/** What the write is done with. */
export interface Opened {
  readonly session: ConnectedSession;
  readonly endpoint: ProxmoxEndpoint;
  /** The call that changes something. Looks at the switches right before it; failures are told as `reason`s. */
  send(path: string, parameters?: Parameters<ConnectedSession['write']>[2]): Promise<unknown>;
}

const offText = 'Writes are disabled on this endpoint. Enable ProxmoxEndpoint.allow_writes before changing Proxmox.';

function switchedOff(clusterName: string, cause?: ProxboxError): ProxboxError {
  const options = cause === undefined ? {} : { cause };
  return new ProxboxError('endpoint_writes_disabled', offText, {
    detail: offText,
    where: { cluster_name: clusterName },
    ...options,
  });
}

interface Member {
  readonly endpoint: ProxmoxEndpoint;
  readonly name: string;
}

function oneCluster(members: readonly Member[], clusterName: string | undefined): readonly Member[] {
  const wanted = members.filter(isMeant(clusterName));
  const names = [...new Set(wanted.map(({ name }) => name))];
  if (names.length < 2) return wanted;
  const text = `Several clusters are connected: ${names.join(', ')}. Say with cluster_name which one is meant.`;
  throw new ProxboxError('cluster_name_required', text);
}

/** An endpoint of the one cluster that is meant, with writing switched on. */
async function writable({ scope, clusterName }: Write, deps: WriteDeps): Promise<Member> {
  if (sourceOf(scope) !== 'database') {
    throw new ProxboxError('bad_request', 'A write is for endpoints of this service: leave out source.');
  }
  const readOne = async (session: { readonly name: string }, endpoint: ProxmoxEndpoint) => ({
    endpoint,
    name: session.name,
  });
  const { results, failures } = await readEndpoints(scope, readOne, deps);
  const members = oneCluster(results, clusterName);
  const [first] = members;
  if (first === undefined) {
    const what = clusterName === undefined ? 'A cluster' : `Cluster ${clusterName}`;
    throw (
      unknownBecause(what, failures) ?? new ProxboxError('not_found', `${what} is not connected. Nothing was done.`)
    );
  }
  const found = members.find(({ endpoint }) => endpoint.allowWrites);
  if (found !== undefined) return found;
  for (const { endpoint } of members) deps.pluginMirror.noticeRefusal(endpoint.id);
  throw switchedOff(first.name);
}

async function confirm({ endpoint, name }: Member, { confirmWrites }: WriteDeps): Promise<void> {
  try {
    await confirmWrites(endpoint);
  } catch (error) {
    const failure = toProxboxError(error);
    throw failure.code === 'endpoint_writes_disabled' ? switchedOff(name, failure) : failure;
  }
}

async function open(write: Write, member: Member, deps: WriteDeps): Promise<Opened> {
  const { endpoint, name } = member;
  const session = await deps.proxmoxSessions.open(endpoint, deps.proxmoxEndpoints.credentials(endpoint.id));
  const { since, privilege, method } = write;
  return {
    session,
    endpoint,
    send: async (path, parameters = {}) => {
      await confirm(member, deps);
      try {
        return await session.write(method, path, parameters, { timeoutMs: writeTimeoutMs });
      } catch (error) {
        throw writeFailure(error, { clusterName: name, release: session.version.release, since, privilege });
      }
    },
  };
}

/** Answers what `act` answers; throws ProxboxError (errors/write-entries.ts) for everything that was not carried out. */
export async function carryOut<T>(write: Write, act: (opened: Opened) => Promise<T>, deps: WriteDeps): Promise<T> {
  let endpointId: number | undefined;
  const log = (outcome: string): void => {
    const { method, path } = write;
    const event = { event: 'proxmox_write', method, path, outcome } as const;
    logSecurityEvent(deps.logger, endpointId === undefined ? event : { ...event, endpointId }, write.actor);
  };
  try {
    const member = await writable(write, deps);
    endpointId = member.endpoint.id;
    const answer = await act(await open(write, member, deps));
    log('done');
    return answer;
  } catch (error) {
    log(toProxboxError(error).code);
    throw error;
  }
}
