/**
 * Which hosts this service may be told to contact. `checkUrl` is for addresses that a request brings along; endpoints
 * that an operator registers are only checked against the explicit block list, since private and loopback addresses are
 * what they are for.
 */
import { findRange, parseAddress } from '../config/cidr-list.js';
import type { PluginSettings } from '../config/types.js';
import { errorText } from '../errors/proxbox-error.js';

export type GuardSettings = Pick<
  PluginSettings,
  'ssrfProtectionEnabled' | 'allowPrivateIps' | 'allowedIpRanges' | 'blockedIpRanges'
>;

export const defaultGuardSettings: GuardSettings = {
  ssrfProtectionEnabled: true,
  allowPrivateIps: true,
  allowedIpRanges: [],
  blockedIpRanges: [],
};

export interface OutboundGuardDeps {
  /** All addresses of a name; rejects when it cannot be resolved. */
  readonly lookup: (hostName: string) => Promise<readonly string[]>;
  readonly settings: () => GuardSettings;
  /** Addresses without mask and lower-case domains of the stored endpoints. */
  readonly registeredHosts: () => ReadonlySet<string>;
}

/** Why not, or the addresses that were looked at: of a name the only ones to connect to, since it may have others a moment later. */
export type OutboundVerdict =
  { readonly reason: string } | { readonly addresses: readonly string[] | 'any'; readonly reason: null };

export interface OutboundGuard {
  /** `any`: the host is an address itself, or that of a stored endpoint. */
  checkUrl(url: string): Promise<OutboundVerdict>;
}

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
const reservedRanges = [
  ...privateRanges,
  '127.0.0.0/8',
  '169.254.0.0/16',
  '0.0.0.0/8',
  '100.64.0.0/10',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
  '::/128',
  'ff00::/8',
  '64:ff9b::/96',
];
/** Where clouds hand out credentials to whoever asks from inside the machine. */
const metadataRanges = ['169.254.169.254/32', 'fd00:ec2::254/128'];
const internalName = /\.(local|lan|internal|private)$/;
const localNames = new Set(['localhost', 'localhost.localdomain']);

function addressVerdict(text: string, settings: GuardSettings): string | null {
  const address = parseAddress(text);
  if (address === undefined) return `Host '${text}' is not an IP address`;
  if (!settings.ssrfProtectionEnabled) return null;
  const blocked = findRange(address, settings.blockedIpRanges);
  if (blocked !== undefined) return `Host '${address.toString()}' is in explicitly blocked range ${blocked}`;
  if (findRange(address, settings.allowedIpRanges) !== undefined) return null;
  if (settings.allowPrivateIps && findRange(address, privateRanges) !== undefined) return null;
  if (findRange(address, reservedRanges) === undefined) return null;
  return (
    `Host '${address.toString()}' is a reserved/internal IP address. Either add it to ProxmoxEndpoint first, ` +
    'or adjust SSRF settings in ProxboxPluginSettings.'
  );
}

/** What a URL parser makes of the host: `2130706433` and `0x7f.1` are 127.0.0.1 to every HTTP client. */
function canonicalHost(host: string): string {
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const url = `http://${bracketed}/`;
  return (URL.canParse(url) ? new URL(url).hostname : host)
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

const anyAddress: OutboundVerdict = { reason: null, addresses: 'any' };

export function createOutboundGuard({ lookup, settings, registeredHosts }: OutboundGuardDeps): OutboundGuard {
  async function resolveVerdict(host: string): Promise<OutboundVerdict> {
    let addresses: readonly string[];
    try {
      addresses = await lookup(host);
    } catch (error) {
      return { reason: `Could not resolve host '${host}': ${errorText(error)}` };
    }
    if (addresses.length === 0) return { reason: `Could not resolve host '${host}': no address` };
    for (const address of addresses) {
      const reason = addressVerdict(address, settings());
      if (reason !== null) return { reason: `Host '${host}' resolves to ${address}: ${reason}` };
    }
    return { reason: null, addresses };
  }

  async function hostVerdict(host: string): Promise<OutboundVerdict> {
    const canonical = canonicalHost(host);
    if (registeredHosts().has(canonical)) return anyAddress;
    if (parseAddress(canonical) !== undefined) {
      const reason = addressVerdict(canonical, settings());
      return reason === null ? anyAddress : { reason };
    }
    if (localNames.has(canonical)) return { reason: 'localhost is not allowed' };
    if (internalName.test(canonical)) return { reason: `Host '${canonical}' appears to be an internal domain` };
    return resolveVerdict(canonical);
  }

  return {
    async checkUrl(url) {
      if (url.trim() === '') return { reason: 'URL cannot be empty' };
      const parsed = URL.canParse(url.trim()) ? new URL(url.trim()) : null;
      return parsed === null || parsed.hostname === ''
        ? { reason: 'URL has no valid hostname' }
        : hostVerdict(parsed.hostname);
    },
  };
}

/**
 * For the address or domain of an endpoint that is registered: refused when it lies in the explicit block list, or is
 * a cloud metadata address that the allowed ranges do not name. Names are not resolved. null = allowed.
 */
export function checkEndpointHost(host: string, settings: GuardSettings): string | null {
  const canonical = canonicalHost(host.trim().replace(/\/\d+$/, ''));
  const address = parseAddress(canonical);
  if (address === undefined) return null;
  const blocked = findRange(address, settings.blockedIpRanges);
  if (blocked !== undefined) return `Host '${address.toString()}' is in explicitly blocked range ${blocked}`;
  const isMetadata = findRange(address, metadataRanges) !== undefined;
  if (!isMetadata || findRange(address, settings.allowedIpRanges) !== undefined) return null;
  return `Host '${address.toString()}' is a cloud metadata address and not in the additional allowed IP ranges`;
}
