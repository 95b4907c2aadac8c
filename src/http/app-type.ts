import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a key and is not counted by the rate limit. A route without this needs a key. */
    readonly isPublic?: boolean;
    /** Of its own, in front of everything else: requests per minute and address. */
    readonly maxPerMinute?: number;
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
