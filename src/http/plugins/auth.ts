/**
 * Who may pass. A route is public only by its own configuration, so no spelling of a path can turn a protected route into a
 * public one; everything else, unknown paths included, needs a key.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { ApiKeys } from '../../security/api-keys.js';
import type { Lockout } from '../../security/lockout.js';

export interface AuthDeps {
  readonly addressOf: (request: FastifyRequest) => string;
  readonly apiKeys: Pick<ApiKeys, 'hasActiveKey' | 'hasWorked' | 'isVerifiedCached' | 'verify'>;
  readonly lockout: Lockout;
}

/** undefined when the header is missing or empty. */
export function presentedKey({ headers, routeOptions }: FastifyRequest): string | undefined {
  const value = headers['x-proxbox-api-key'];
  if (typeof value === 'string' && value !== '') return value;
  if (routeOptions.config.takesBearer !== true) return undefined;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** Encoded characters and doubled slashes have no place in the path of a public route. */
const unusualPath = /%|\/\/|\\/;

export function isPublicRequest(request: FastifyRequest): boolean {
  return request.routeOptions.config.isPublic === true && !unusualPath.test(request.url.split('?', 1)[0] ?? '');
}

const lockedText = 'Too many failed authentication attempts. Please try again later.';
const httpRemedy = ' Send a registered key in the header X-Proxbox-API-Key.';
const noKeyYet = 'No API key configured. Register a key via POST /auth/register-key or use an existing key.';

function attemptsText(attemptsLeft: number): string {
  return attemptsLeft > 0 ? ` ${attemptsLeft} attempts remaining.` : '';
}

/** Decides about one presented key; undefined = none was sent. Throws `unauthenticated` or `locked_out`. */
export type Authenticate = (address: string, key: string | undefined) => Promise<void>;

export interface AuthenticateDeps extends Pick<AuthDeps, 'apiKeys' | 'lockout'> {
  /** False: this wrong key is refused without being counted. */
  readonly isCounted: (address: string) => boolean;
  /** How a key is sent; empty: its clients know. */
  readonly remedy: string;
}

/** Keys being checked, by address: as many as may still be wrong, the same one as often as it is sent. */
function createChecks() {
  const running = new Map<string, Map<string, number>>();
  return {
    isFull: (address: string, key: string, limit: number): boolean => {
      const keys = running.get(address);
      return keys !== undefined && !keys.has(key) && keys.size >= limit;
    },
    async run<T>(address: string, key: string, check: () => Promise<T>): Promise<T> {
      const keys = running.get(address) ?? new Map<string, number>();
      running.set(address, keys);
      keys.set(key, (keys.get(key) ?? 0) + 1);
      try {
        return await check();
      } finally {
        const left = (keys.get(key) ?? 1) - 1;
        if (left > 0) keys.set(key, left);
        else keys.delete(key);
        if (keys.size === 0) running.delete(address);
      }
    },
  };
}

/**
 * Keyless requests are never counted: a browser page polling without a key must not lock out its whole network. For the
 * same reason a key that has let somebody in before passes while its address is locked; any other does not. What is being
 * checked counts as if it were wrong, so that sending many keys at once gains nothing.
 */
export function createAuthenticate({ apiKeys, lockout, isCounted, remedy }: AuthenticateDeps): Authenticate {
  const checks = createChecks();
  const locked = (retryAfterS: number): ProxboxError =>
    new ProxboxError('locked_out', `${lockedText} Wait ${retryAfterS} s.`, { retryAfterS });
  const unauthenticated = (text: string, attemptsLeft: number): ProxboxError =>
    new ProxboxError('unauthenticated', `${text}${attemptsText(attemptsLeft)}${remedy}`);

  const check = async (address: string, key: string): Promise<void> => {
    if ((await checks.run(address, key, () => apiKeys.verify(key))) !== null) {
      lockout.clear(address);
      return;
    }
    // Others may have been wrong while this one was being checked.
    const { isLocked, retryAfterS } = lockout.check(address);
    if (isLocked) throw locked(retryAfterS);
    const { remainingAttempts } = isCounted(address) ? lockout.recordFailure(address) : lockout.check(address);
    throw unauthenticated('Invalid API key.', remainingAttempts);
  };

  return async (address, key) => {
    const { isLocked, remainingAttempts, retryAfterS } = lockout.check(address);
    if (key !== undefined && apiKeys.isVerifiedCached(key)) {
      if (!isLocked) lockout.clear(address);
      return;
    }
    const hasWorked = key !== undefined && apiKeys.hasWorked(key);
    if (isLocked) {
      if (hasWorked && (await apiKeys.verify(key)) !== null) return;
      throw locked(retryAfterS);
    }
    if (!apiKeys.hasActiveKey()) throw new ProxboxError('unauthenticated', noKeyYet);
    if (key === undefined) throw unauthenticated('API key required.', remainingAttempts);
    if (!hasWorked && checks.isFull(address, key, remainingAttempts)) throw locked(1);
    await check(address, key);
  };
}

function asksForWebSocket(request: FastifyRequest): boolean {
  return /\bwebsocket\b/i.test(request.headers.upgrade ?? '');
}

/** A handshake on a WebSocket path; `request.ws` is true only when the connection really is handed over. */
export function isSocketRequest(request: FastifyRequest): boolean {
  return request.ws && request.routeOptions.config.isSocket === true;
}

export interface AuthOptions extends AuthDeps {
  readonly isAllowedOrigin: (origin: string) => boolean;
}

/** Browsers let any page open a WebSocket anywhere; only the origin tells which page it was (RFC 6455, 10.2). */
function checkSocketOrigin(request: FastifyRequest, isAllowedOrigin: AuthOptions['isAllowedOrigin']): void {
  const { origin } = request.headers;
  if (origin === undefined || request.routeOptions.config.checksOrigin === true || isAllowedOrigin(origin)) return;
  throw new ProxboxError('bad_request', 'Disallowed WebSocket origin. Add it to PROXBOX_CORS_EXTRA_ORIGINS.', {
    status: 403,
  });
}

export function registerAuth(app: FastifyInstance, { isAllowedOrigin, ...deps }: AuthOptions): void {
  const authenticate = createAuthenticate({ ...deps, isCounted: () => true, remedy: httpRemedy });
  app.addHook('onRequest', async (request) => {
    // Authenticated on the connection: on a 401 to the handshake the plugin stops connecting for good.
    if (isSocketRequest(request)) return checkSocketOrigin(request, isAllowedOrigin);
    if (asksForWebSocket(request)) throw new ProxboxError('not_found', 'Not Found');
    if (!isPublicRequest(request)) await authenticate(deps.addressOf(request), presentedKey(request));
    return undefined;
  });
}
