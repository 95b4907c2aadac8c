import { describe, expect, it } from 'vitest';
import { createClientAddress } from '../../../src/security/client-address.js';

const trusting = createClientAddress(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);

describe('the address of a client', () => {
  it.each([
    ['is the peer without a proxy', '203.0.113.5', undefined, '203.0.113.5'],
    ['is the peer when an untrusted peer sends the header', '203.0.113.5', '1.2.3.4', '203.0.113.5'],
    ['is what a trusted proxy says', '10.1.1.1', '203.0.113.5', '203.0.113.5'],
    ['is the rightmost untrusted entry', '10.1.1.1', '6.6.6.6, 203.0.113.5, 10.2.2.2', '203.0.113.5'],
    ['is the leftmost entry when all are trusted', '10.1.1.1', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
    ['is the trusted peer when it sends no header', '10.1.1.1', undefined, '10.1.1.1'],
    ['is the proxy before an entry that is no address', '10.1.1.1', '6.6.6.6, unknown, 10.2.2.2', '10.2.2.2'],
    ['is the proxy that sends an address with a port', '10.1.1.1', '6.6.6.6, 203.0.113.5:4711', '10.1.1.1'],
    ['is the proxy that sends nothing between commas', '10.1.1.1', '6.6.6.6, ', '10.1.1.1'],
    ['is the peer when nothing in the header is an address', '10.1.1.1', 'unknown', '10.1.1.1'],
    ['is IPv4 on a dual-stack socket', '::ffff:203.0.113.5', undefined, '203.0.113.5'],
    ['knows a trusted proxy on a dual-stack socket', '::ffff:127.0.0.1', '::ffff:203.0.113.5', '203.0.113.5'],
    ['may be IPv6, in one spelling', 'fd00:0::1', '2001:DB8::0:1', '2001:db8::1'],
    ['joins several headers', '10.1.1.1', ['6.6.6.6', '203.0.113.5'], '203.0.113.5'],
  ] as const)('%s', (_case, peer, header, expected) => {
    expect(trusting(peer, header)).toBe(expected);
  });

  it('is never taken from the header without trusted proxies', () => {
    expect(createClientAddress([])('127.0.0.1', '1.2.3.4')).toBe('127.0.0.1');
  });
});
