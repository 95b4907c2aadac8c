/** Who a client says that it acts for. */
import type { FastifyRequest } from 'fastify';

export const maxActor = 150;

/** Without control characters; empty when the header is absent. */
export function headerText(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  const text = (Array.isArray(value) ? value[0] : value) ?? '';
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').trim();
}

/** Only a claim: whoever has the key may say any name. The plugin says none. */
export function actorOf(request: FastifyRequest): string {
  return headerText(request, 'x-proxbox-actor').slice(0, maxActor) || 'proxbox-api';
}
