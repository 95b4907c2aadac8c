/** The type of the HTTP server, and what a route may say about itself in its `config`. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { RouteDocument } from './route-document.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a key and is not counted by the rate limit. A route without this needs a key. */
    readonly isPublic?: boolean;
    /** Of its own, in place of the general limit: requests per minute and address. */
    readonly maxPerMinute?: number;
    /** `dry_run=true` in the query makes it a preview: the route itself sees to it that nothing is written. */
    readonly previews?: boolean;
    /** A GET that changes something. */
    readonly writes?: boolean;
    /** Accepts a WebSocket handshake without a key; the connection authenticates itself before anything else. */
    readonly isSocket?: boolean;
    /** Of a WebSocket: any page may try, and the route itself looks which page it is. */
    readonly checksOrigin?: boolean;
    /** The key may be sent as `Authorization: Bearer`, too. */
    readonly takesBearer?: boolean;
    /** For the API document alone. */
    readonly document?: RouteDocument;
  }
}

/** The Fastify instance that routes are registered on: schemas are zod schemas, and handlers are typed by them. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
