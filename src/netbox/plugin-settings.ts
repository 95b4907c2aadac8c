/**
 * Reads the plugin's settings object, never from the cache and never in a branch. Beside the runs not through the gate
 * and the retries either: that has to work while a run keeps NetBox busy, and it decides how wide the gate is.
 */
import type { BaseLogger } from 'pino';
import type { Clock } from '../config/clock.js';
import { settingsObject } from '../config/plugin-settings.js';
import { toProxboxError, type ProxboxError } from '../errors/proxbox-error.js';
import type { Sender } from '../transport/types.js';
import { parseJson } from './answer-text.js';
import { sendAuthorized } from './authorized-send.js';
import { errorOfAnswer, errorOfFailure, protocolError } from './error-mapping.js';
import { classifyAnswer } from './overwhelmed.js';
import { endsTheRun } from './run-ending.js';
import type { Session } from './session.js';
import type { JsonObject, NetBoxClient } from './types.js';

/** The first carries the encryption key, and is missing in older plugins. */
const settingsPaths = ['/api/plugins/proxbox/settings/runtime/', '/api/plugins/proxbox/settings/'] as const;
const leastTimeoutMs = 1;

export interface PluginSettingsDeps {
  readonly endpointId: number;
  readonly transport: Sender;
  readonly session: Session;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: BaseLogger;
  /** The service stops: nobody needs the settings any more. */
  readonly signal?: AbortSignal | undefined;
}

type Attempt =
  { readonly ok: true; readonly settings: JsonObject } | { readonly ok: false; readonly error: ProxboxError };

async function fetchFrom(path: string, timeoutMs: number, deps: PluginSettingsDeps): Promise<Attempt> {
  const { endpointId } = deps;
  const method = 'GET' as const;
  const context = { operation: `get ${path}`, method, path, attempts: 1, endpointId, branch: '', unknownFate: false };
  const result = await sendAuthorized(deps, (authorization) =>
    deps.transport.send({
      method,
      path,
      headers: { accept: 'application/json', 'user-agent': deps.userAgent, authorization },
      timeoutMs,
      signal: deps.signal,
    }),
  );
  if (!result.ok) return { ok: false, error: errorOfFailure(result.failure, context) };
  const answer = classifyAnswer(result.response, false);
  if (answer.outcome !== 'done') return { ok: false, error: errorOfAnswer(result.response, answer, context) };
  const settings = settingsObject(parseJson(result.response.text));
  if (settings !== null) return { ok: true, settings };
  return {
    ok: false,
    error: protocolError(
      context,
      'The settings of the NetBox plugin are not an object',
      'no settings object in the answer',
    ),
  };
}

/** The settings object within `budgetMs` for both paths together. Throws the error of the last path tried. */
export async function fetchPluginSettings(budgetMs: number, deps: PluginSettingsDeps): Promise<JsonObject> {
  const deadline = deps.clock.monotonicMs() + budgetMs;
  const [runtime, plain] = settingsPaths;
  const first = await fetchFrom(runtime, Math.max(leastTimeoutMs, budgetMs), deps);
  if (first.ok) return first.settings;
  const left = deadline - deps.clock.monotonicMs();
  // Without an answer the other path would not have one either.
  const answered = first.error.upstream !== undefined || first.error.code === 'remote_protocol';
  if (left <= 0 || !answered) throw first.error;
  const second = await fetchFrom(plain, left, deps);
  if (!second.ok) throw second.error;
  return second.settings;
}

/**
 * The body of the settings answer, read with the patience of a run: it waits and retries as every request of the client
 * does. Throws the error of the last path tried.
 */
export async function readPluginSettings(client: Pick<NetBoxClient, 'get'>): Promise<unknown> {
  const [runtime, plain] = settingsPaths;
  try {
    const body = await client.get(runtime, {}, { cache: 'bypass' });
    if (settingsObject(body) !== null) return body;
  } catch (error) {
    if (endsTheRun(toProxboxError(error))) throw error;
  }
  return client.get(plain, {}, { cache: 'bypass' });
}
