import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from './answer.js';
import { apiViewer, VIEWER_PATH } from './api-viewer.js';
import { scripted, send, sendTruncated, success, webPage } from './answer.js';
import type { ApiDeps } from './api.js';
import { answerApi } from './api.js';
import type { FaultBook } from './faults.js';
import type { RequestRecord } from './request-record.js';
import type { RouteMatch } from './router.js';
import { createRouter } from './router.js';
import { routes } from './routes/index.js';
import type { FaultAction, LoggedRequest } from './types.js';

const BASE = '/api2/json';
const findRoute = createRouter(routes);

export interface PipelineDeps extends ApiDeps {
  readonly faults: FaultBook;
  readonly record: RequestRecord;
  /** Milliseconds to add to the next answer. */
  readonly latency: () => number;
}

interface Target {
  readonly method: string;
  /** Decoded, without the base. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly isApi: boolean;
  readonly match: RouteMatch | undefined;
}

/** The life of a request: recorded, struck by a fault or delayed, then answered by the route table. */
export async function servePve(deps: PipelineDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = targetOf(request, deps);
  const { method, path, match } = target;
  const entry: LoggedRequest = {
    method,
    path,
    query: target.query.toString(),
    template: match?.route.path ?? path,
    user: '',
  };
  const over = deps.record.begin(entry);
  response.once('close', over);

  const fault = deps.faults.next(method, path);
  const waitMs = deps.latency() + (typeof fault === 'object' && 'delayMs' in fault ? fault.delayMs : 0);
  if (waitMs > 0) await delay(waitMs);
  if (typeof fault === 'object' && 'until' in fault) await fault.until;
  if (fault === 'hang') return;
  if (fault === 'reset') return void request.socket.destroy();
  const answer = plannedAnswer(fault) ?? (await ordinaryAnswer(deps, { request, entry, target }));
  if (fault === 'truncate') return sendTruncated(request, response, answer);
  entry.status = answer.status;
  over();
  send(response, answer);
}

function targetOf(request: IncomingMessage, { cluster }: PipelineDeps): Target {
  const method = request.method ?? 'GET';
  const [encoded = '/', search = ''] = (request.url ?? '/').split('?', 2);
  const isApi = encoded.startsWith(`${BASE}/`);
  // pveproxy counts several slashes as one.
  const below = isApi ? encoded.slice(BASE.length).replace(/\/{2,}/g, '/') : encoded;
  const match = isApi ? findRoute(method, below, cluster.profile) : undefined;
  return { method, path: decodePath(below), query: new URLSearchParams(search), isApi, match };
}

/** What a fault answers in place of the route; undefined when the route is to answer. */
function plannedAnswer(fault: FaultAction | undefined): Answer | undefined {
  if (fault === 'html') return webPage();
  if (fault === 'empty') return success([], {});
  if (typeof fault === 'object' && 'status' in fault) return scripted(fault.status, fault.reason, fault.body);
  return undefined;
}

async function ordinaryAnswer(
  deps: PipelineDeps,
  {
    request,
    entry,
    target,
  }: { readonly request: IncomingMessage; readonly entry: LoggedRequest; readonly target: Target },
): Promise<Answer> {
  if (!target.isApi && target.path === VIEWER_PATH && target.method === 'GET')
    return apiViewer(routes, deps.cluster.profile);
  if (!target.isApi) return scripted(501, `no such file '${target.path}'`, { data: null });
  const onUser = (id: string): void => void (entry.user = id);
  const { answer, delayMs } = await answerApi(deps, { request, ...target, onUser });
  if (delayMs > 0) await delay(delayMs);
  return answer;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Broken percent-encoding is shown as it came.
    return path;
  }
}
