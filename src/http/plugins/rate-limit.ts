/**
 * Requests per minute and address, before any key is hashed. A window of our own, because the minute has to slide and
 * because two limits depend on the key: @fastify/rate-limit counts in fixed windows.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../../config/clock.js';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { createSlidingWindow } from '../sliding-window.js';
import { isPublicRequest, presentedKey } from './auth.js';

export interface RateLimitDeps {
  readonly clock: Clock;
  readonly addressOf: (request: FastifyRequest) => string;
  /** PROXBOX_RATE_LIMIT; null when it is not set. */
  readonly rateLimit: number | null;
  /** Without any hash work: was this key verified in the last minutes? */
  readonly isVerifiedKey: (key: string) => boolean;
}

const windowMs = 60_000;
/** With the variable unset. Keyed requests count apart, so that the plugin's dashboard never meets the limit of strangers. */
const defaults = { keyless: 60, keyed: 1200 } as const;

interface Bucket {
  readonly name: string;
  readonly limit: number;
  readonly isKeyed: boolean;
}

function bucketOf(request: FastifyRequest, deps: RateLimitDeps): Bucket {
  const key = presentedKey(request);
  const isKeyed = key !== undefined && deps.isVerifiedKey(key);
  if (deps.rateLimit !== null) return { name: 'all', limit: deps.rateLimit, isKeyed };
  return isKeyed
    ? { name: 'keyed', limit: defaults.keyed, isKeyed }
    : { name: 'keyless', limit: defaults.keyless, isKeyed };
}

const refusal = (retryAfterS: number): ProxboxError =>
  new ProxboxError('rate_limited', 'Rate limit exceeded. Please try again later.', { retryAfterS });

export function registerRateLimit(app: FastifyInstance, deps: RateLimitDeps): void {
  const requests = createSlidingWindow(deps.clock, windowMs);
  const perRoute = createSlidingWindow(deps.clock, windowMs);
  let warnedAtMs = Number.NEGATIVE_INFINITY;

  function warnAboutKeyed(request: FastifyRequest, address: string, limit: number): void {
    const now = deps.clock.monotonicMs();
    if (now - warnedAtMs < windowMs) return;
    warnedAtMs = now;
    request.log.warn(
      { address, limit },
      'A client with a valid key was refused by the rate limit; raise PROXBOX_RATE_LIMIT.',
    );
  }

  app.addHook('onRequest', async (request) => {
    const address = deps.addressOf(request);
    const { url, config } = request.routeOptions;
    if (config.maxPerMinute !== undefined) {
      const waitS = perRoute.take(`${url ?? ''} ${address}`, config.maxPerMinute);
      if (waitS > 0) throw refusal(waitS);
    }
    if (isPublicRequest(request)) return;
    const bucket = bucketOf(request, deps);
    const waitS = requests.take(`${bucket.name} ${address}`, bucket.limit);
    if (waitS === 0) return;
    if (bucket.isKeyed) warnAboutKeyed(request, address, bucket.limit);
    throw refusal(waitS);
  });
}
