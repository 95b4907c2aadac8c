/** Address ranges as people type them: host bits set, IPv4-mapped addresses, bad lines. Pure. */
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The address of a literal, IPv4-mapped ones as IPv4; undefined when it is not one. Decimal forms are not literals. */
export function parseAddress(text: string): Address | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
  return ipaddr.process(bare);
}

/** `10.0.0.0/8`, `10.1.2.3/8` (host bits are allowed) or a bare address; undefined when neither. */
export function parseRange(text: string): readonly [Address, number] | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  const address = parseAddress(text);
  return address === undefined ? undefined : [address, address.kind() === 'ipv4' ? 32 : 128];
}

export function isInRange(address: Address, range: readonly [Address, number]): boolean {
  const [network, bits] = range;
  return address.kind() === network.kind() && address.match([network, bits]);
}

/** The first of `ranges` (valid ones, see `parseRange`) that contains the address. */
export function findRange(address: Address, ranges: readonly string[]): string | undefined {
  return ranges.find((text) => {
    const range = parseRange(text);
    return range !== undefined && isInRange(address, range);
  });
}
