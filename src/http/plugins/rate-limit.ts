/**
 * Requests per minute and address, before any key is hashed. @fastify/rate-limit with a store of our own, because its stores
 * count in fixed windows and the minute has to slide, and as a hook of the whole application instead of single routes,
 * because it has to run before authentication and for unknown paths too.
 */
import rateLimit, { type FastifyRateLimitStore, type FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../config/clock.js';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { App } from '../app-type.js';
import { createSlidingWindow } from '../sliding-window.js';
import { isPublicRequest, isSocketRequest, presentedKey } from './auth.js';

export interface RateLimitDeps {
  readonly clock: Clock;
  readonly addressOf: (request: FastifyRequest) => string;
  /** PROXBOX_RATE_LIMIT; null when it is not set. */
  readonly rateLimit: number | null;
  /** Without any hash work: has this key let somebody in before, a restart ago or lately? */
  readonly isKnownKey: (key: string) => boolean;
}

const windowMs = 60_000;
/** With the variable unset. Keyed requests count apart, so that the plugin's dashboard never meets the limit of strangers. */
const defaults = { keyless: 60, keyed: 1200 } as const;
/** Together for all WebSocket paths of an address: a wrong key makes the plugin connect again for ever. */
const socketsPerMinute = 10;

interface Bucket {
  readonly name: string;
  readonly limit: number;
  readonly isKeyed?: boolean;
}

/** undefined: not counted. */
function bucketOf(request: FastifyRequest, deps: RateLimitDeps): Bucket | undefined {
  const { url, config } = request.routeOptions;
  if (config.maxPerMinute !== undefined) return { name: url ?? '', limit: config.maxPerMinute };
  if (isSocketRequest(request)) return { name: 'websocket', limit: socketsPerMinute };
  if (isPublicRequest(request)) return undefined;
  const key = presentedKey(request);
  const isKeyed = key !== undefined && deps.isKnownKey(key);
  if (deps.rateLimit !== null) return { name: 'all', limit: deps.rateLimit, isKeyed };
  return isKeyed
    ? { name: 'keyed', limit: defaults.keyed, isKeyed }
    : { name: 'keyless', limit: defaults.keyless, isKeyed };
}

/** Refused requests are not recorded, so that a client that keeps asking is let in as soon as the minute allows it. */
function slidingStore(clock: Clock): FastifyRateLimitStoreCtor {
  const window = createSlidingWindow(clock, windowMs);
  return class SlidingStore implements FastifyRateLimitStore {
    incr(key: string, callback: Parameters<FastifyRateLimitStore['incr']>[1], _windowMs: number, max: number): void {
      const waitS = window.take(key, max);
      callback(null, { current: waitS === 0 ? max : max + 1, ttl: waitS * 1000 });
    }

    child(): FastifyRateLimitStore {
      return this;
    }
  };
}

/** Once a minute at most. */
function createKeyedWarning({ clock, addressOf }: RateLimitDeps): (request: FastifyRequest, limit: number) => void {
  let warnedAtMs = Number.NEGATIVE_INFINITY;
  return (request, limit) => {
    const now = clock.monotonicMs();
    if (now - warnedAtMs < windowMs) return;
    warnedAtMs = now;
    request.log.warn(
      { address: addressOf(request), limit },
      'A client with a valid key was refused by the rate limit; raise PROXBOX_RATE_LIMIT.',
    );
  };
}

/** Limits of single routes and of WebSockets are no variable's. */
function refusalText(bucket: Bucket | undefined, ttlMs: number): string {
  const raise = bucket?.isKeyed === undefined ? '' : ', or raise PROXBOX_RATE_LIMIT';
  return `Rate limit exceeded. Please try again later. Wait ${Math.max(1, Math.ceil(ttlMs / 1000))} s${raise}.`;
}

const noHeaders = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false } as const;

/** Must be awaited before authentication is registered. */
export async function registerRateLimit(app: App, deps: RateLimitDeps): Promise<void> {
  const warnAboutKeyed = createKeyedWarning(deps);
  const buckets = new WeakMap<FastifyRequest, Bucket | undefined>();
  const remembered = (request: FastifyRequest): Bucket | undefined => {
    if (!buckets.has(request)) buckets.set(request, bucketOf(request, deps));
    return buckets.get(request);
  };
  await app.register(rateLimit, {
    global: false,
    timeWindow: windowMs,
    store: slidingStore(deps.clock),
    keyGenerator: (request) => `${remembered(request)?.name ?? ''} ${deps.addressOf(request)}`,
    allowList: (request) => remembered(request) === undefined,
    max: (request) => remembered(request)?.limit ?? 0,
    onExceeded: (request) => {
      const bucket = remembered(request);
      if (bucket?.isKeyed === true) warnAboutKeyed(request, bucket.limit);
    },
    errorResponseBuilder: (request, { ttl }) =>
      new ProxboxError('rate_limited', refusalText(remembered(request), ttl), { retryAfterS: ttl / 1000 }),
    // errors.ts writes Retry-After.
    addHeaders: { ...noHeaders, 'retry-after': false },
    addHeadersOnExceeding: noHeaders,
  });
  app.addHook('onRequest', app.rateLimit());
}
