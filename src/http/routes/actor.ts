/** Who a client says that it acts for. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { triggers } from '../../ledger/types.js';
import type { Caller } from '../../sync/run-ledger.js';
import type { SyncRequest } from '../../sync/request.js';
import { said } from '../route-document.js';

const maxActor = 150;

/** Without control characters; empty when the header is absent. */
export function headerText(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  const text = (Array.isArray(value) ? value[0] : value) ?? '';
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').trim();
}

/** Only a claim: whoever has the key may say any name. The plugin says none. */
function actorIn(request: FastifyRequest): string {
  return headerText(request, 'x-proxbox-actor').slice(0, maxActor);
}

/**
 * Of a write that is not done without it.
 * @param sentence that says so
 * @throws ProxboxError `actor_required`
 */
export function requiredActor(request: FastifyRequest, sentence: string): string {
  const actor = actorIn(request);
  if (actor !== '') return actor;
  throw new ProxboxError('actor_required', sentence, { detail: { reason: 'actor_required', detail: sentence } });
}

/** Its header, for the API document. @param endsIn where it is written down */
export const actorHeader = (endsIn: string) =>
  z.looseObject({
    'x-proxbox-actor': said(z.string(), { pattern: '[!-~]', description: `Who asks for it; ends in the ${endsIn}` }),
  });

/** The same, and our own name where nobody is named. */
export function actorOf(request: FastifyRequest): string {
  return actorIn(request) || 'proxbox-api';
}

/** Who began a run, as far as a request tells. The plugin says nothing of itself: it is known by its library. */
export function callerOf(request: FastifyRequest): Caller {
  const said = headerText(request, 'x-proxbox-trigger').toLowerCase();
  const isPlugin = headerText(request, 'user-agent').startsWith('python-requests/');
  return {
    trigger: triggers.find((trigger) => trigger === said) ?? (isPlugin ? 'plugin' : 'api'),
    actor: actorIn(request),
  };
}

export function askedBy(caller: Caller, request: SyncRequest): SyncRequest {
  return { ...request, caller };
}
