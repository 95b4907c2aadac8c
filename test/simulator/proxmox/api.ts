import type { IncomingMessage } from 'node:http';
import type { EstateCluster, PveProfile, Random } from '../estate/index.js';
import type { Permissions } from './acl.js';
import { permissionsOf } from './acl.js';
import { ApiError, Unidentified } from './api-error.js';
import type { Answer } from './answer.js';
import { failure, success, unidentified } from './answer.js';
import type { AccessBook } from './access-book.js';
import type { ConsoleOffice } from './consoles.js';
import type { Authentication } from './authentication.js';
import { inHashOrder } from './hash-order.js';
import { verifyParameters } from './parameters.js';
import { readParameters } from './request-body.js';
import type { Call } from './route.js';
import type { RouteMatch } from './router.js';
import type { TaskRunner } from './task-runner.js';

export interface ApiDeps {
  readonly cluster: EstateCluster;
  readonly nowS: () => number;
  readonly localNode: () => string;
  readonly tasks: TaskRunner;
  readonly authentication: Authentication;
  readonly access: AccessBook;
  readonly consoles: ConsoleOffice;
  /** Decides the order of what has none. */
  readonly hashOrder: Random;
}

export interface ApiRequest {
  readonly request: IncomingMessage;
  readonly method: string;
  /** Decoded, after `/api2/json`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly match: RouteMatch | undefined;
  /** Told who asks, once known. */
  readonly onUser: (id: string) => void;
}

const NOBODY = { user: { userid: '', password: '' }, id: '' };

/**
 * Answers one request in Proxmox's order of checks: who is it, is there such a method, may they, does the node
 * answer, are the parameters good; then the handler.
 */
export async function answerApi(
  deps: ApiDeps,
  given: ApiRequest,
): Promise<{ readonly answer: Answer; readonly delayMs: number }> {
  try {
    const parameters = await readParameters(given.request, given.query);
    const isOpen = given.match?.route.open === true;
    const principal = isOpen ? NOBODY : deps.authentication.identify(given.method, given.request.headers);
    given.onUser(principal.id);
    if (given.match === undefined) {
      throw new ApiError(501, `Method '${given.method} ${given.path}' not implemented`);
    }
    const { route, place } = given.match;
    const permissions = permissionsOf(principal, deps.access);
    checkPermission(permissions, given.match, deps.cluster.profile);
    checkNode(deps.cluster, place['node']);
    checkVmid(place['vmid']);
    const nowS = deps.nowS();
    deps.tasks.settle(nowS);
    const call: Call = {
      cluster: deps.cluster,
      place,
      parameters: verifyParameters(route.parameters ?? {}, parameters),
      principal,
      permissions,
      nowS,
      localNode: deps.localNode(),
      tasks: deps.tasks,
      authentication: deps.authentication,
      access: deps.access,
      consoles: deps.consoles,
      attributes: {},
      delayMs: 0,
    };
    const data = route.handler(call);
    const disordered = inHashOrder(data, route.path, call.parameters['type'], deps.hashOrder);
    const answer = { ...success(disordered, call.attributes), isCompressed: route.isCompressed === true };
    return { answer, delayMs: call.delayMs };
  } catch (error) {
    if (error instanceof Unidentified) return { answer: unidentified(error), delayMs: 0 };
    if (error instanceof ApiError) return { answer: failure(error), delayMs: 0 };
    throw error;
  }
}

function checkPermission(permissions: Permissions, { route, place }: RouteMatch, profile: PveProfile): void {
  if (route.permission === undefined) return;
  const { at, all = [], any } = route.permission;
  const path = at.replace(/\{([^}]+)\}/g, (_match, name: string) => place[name] ?? '');
  permissions.requireAll(path, all);
  if (any !== undefined) permissions.requireAny(path, any(profile));
}

function checkVmid(text: string | undefined): void {
  if (text === undefined || /^[1-9]\d{2,8}$/.test(text)) return;
  const vmid = /^[+-]?\d+$/.test(text)
    ? 'invalid format - value does not look like a valid VM ID\n'
    : `type check ('integer') failed - got '${text}'`;
  throw new ApiError(400, 'Parameter verification failed.', { vmid });
}

/** Requests for another node pass through the answering one: an offline target is a 595, an unknown name a 500. */
function checkNode(cluster: EstateCluster, name: string | undefined): void {
  if (name === undefined) return;
  const node = cluster.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) {
    const cause = `failed to get address info for: ${name}: Name or service not known`;
    throw new ApiError(500, `hostname lookup '${name}' failed - ${cause}`);
  }
  if (!node.online) throw new ApiError(595, 'No route to host');
}
