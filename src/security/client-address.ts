/** The address that rate limit and lockout count: the peer, or what a trusted proxy says about it. Pure. */
import { isInRange, parseAddress, parseRange } from '../config/cidr-list.js';

export type ClientAddress = (peer: string | undefined, forwardedFor: string | readonly string[] | undefined) => string;

/**
 * X-Forwarded-For is read only from a trusted peer, from right to left, past trusted entries: everything further left
 * was written by the client itself. An entry that is no address (`unknown`, one with a port) ends the walk at the proxy before it. IPv4-mapped addresses, as a dual-stack socket reports them, become IPv4.
 * @param trustedProxies valid addresses and CIDR ranges
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = trustedProxies.flatMap((text) => {
    const range = parseRange(text);
    return range === undefined ? [] : [range];
  });
  const isTrusted = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== undefined && trusted.some((range) => isInRange(address, range));
  };

  return (peer, forwardedFor) => {
    const peerText = parseAddress(peer ?? '')?.toString() ?? peer ?? '';
    if (forwardedFor === undefined || !isTrusted(peerText)) return peerText;
    const header = typeof forwardedFor === 'string' ? forwardedFor : forwardedFor.join(',');
    let nearest = peerText;
    for (const entry of header.split(',').reverse()) {
      const hop = parseAddress(entry.trim())?.toString();
      // What stands further left may be the client's own words: the proxy that could not say is all that is known.
      if (hop === undefined) return nearest;
      nearest = hop;
      if (!isTrusted(hop)) return hop;
    }
    return nearest;
  };
}
