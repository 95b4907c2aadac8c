/**
 * Loaded before the service (`node --import`): the process looks up no name but localhost and opens no connection that leaves
 * the machine, whatever a request makes it try.
 */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const localName = 'localhost';

const isLoopback = (host: string): boolean =>
  host === localName || host === '::1' || (net.isIPv4(host) && host.startsWith('127.'));

/** What Node says of a name that does not exist, and of a network that cannot be reached. */
function refusal(host: string): NodeJS.ErrnoException {
  const [code, syscall] = net.isIP(host) === 0 ? ['ENOTFOUND', 'getaddrinfo'] : ['ENETUNREACH', 'connect'];
  return Object.assign(new Error(`${syscall} ${code} ${host}: only the loopback address is contacted here`), {
    code,
    syscall,
  });
}

/** `connect` is called with a port and a host, with options, or with the list that Node makes of either. */
function hostOf([first, second]: readonly unknown[]): string {
  if (Array.isArray(first)) return hostOf(first);
  if (typeof first !== 'object' || first === null) return typeof second === 'string' ? second : localName;
  return 'host' in first && typeof first.host === 'string' ? first.host : localName;
}

/** The function with a look at its first words before it is called. */
function guarded<F extends (...words: never[]) => unknown>(
  own: F,
  refused: (words: readonly unknown[], self: unknown) => unknown,
): F {
  const call: (target: (...words: never[]) => unknown, self: unknown, words: unknown[]) => unknown = Reflect.apply;
  return new Proxy(own, { apply: (target, self, words) => refused(words, self) ?? call(target, self, words) });
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with the socket by the proxy
net.Socket.prototype.connect = guarded(net.Socket.prototype.connect, (words, self) => {
  const host = hostOf(words);
  if (isLoopback(host) || !(self instanceof net.Socket)) return undefined;
  process.nextTick(() => self.destroy(refusal(host)));
  return self;
});

dns.lookup = guarded(dns.lookup, (words) => {
  const [host, callback] = [String(words[0]), words.at(-1)];
  if (isLoopback(host) || typeof callback !== 'function') return undefined;
  process.nextTick(() => void Reflect.apply(callback, undefined, [refusal(host)]));
  return true;
});

dns.promises.lookup = guarded(dns.promises.lookup, ([host]) =>
  isLoopback(String(host)) ? undefined : Promise.reject(refusal(String(host))),
);

syncBuiltinESMExports();
