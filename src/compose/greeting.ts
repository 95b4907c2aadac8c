/** What the service says of itself once it listens: where, with what, and what to do next. */
import ipaddr from 'ipaddr.js';
import type { AppDeps } from './deps.js';

type GreetingDeps = Pick<
  AppDeps,
  'version' | 'env' | 'certificate' | 'encryptionKeys' | 'apiKeys' | 'netboxEndpoints' | 'proxmoxEndpoints'
>;

interface NextStep {
  readonly what: string;
  /** To be pasted into a shell; `$KEY` is the API key. */
  readonly command: string;
}

export interface Greeting {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly next: NextStep;
}

/** As it is asked from the same machine. */
function ownUrl({ env: { bindHost, port }, certificate }: GreetingDeps): string {
  const host = bindHost === '0.0.0.0' || bindHost === '::' ? '127.0.0.1' : bindHost;
  return `${certificate === null ? 'http' : 'https'}://${ipaddr.IPv6.isValid(host) ? `[${host}]` : host}:${port}`;
}

const sources = {
  env: 'with PROXBOX_ENCRYPTION_KEY',
  local: 'with a key file',
  plugin: "with the key of the NetBox plugin's settings",
} as const;

function encryptionText({ encryptionKeys }: GreetingDeps): string {
  const state = encryptionKeys.state();
  if (state === 'pending') return 'the key is expected from the NetBox plugin, which has not answered yet';
  const { source, unreadable } = encryptionKeys.status();
  if (source === null) return 'none: credentials are stored as plain text';
  const lost = unreadable.length === 0 ? '' : `; ${unreadable.length} stored secrets cannot be read with it`;
  return `${sources[source]}${lost}`;
}

function keysText({ apiKeys }: GreetingDeps): string {
  const active = apiKeys.list().filter((key) => key.is_active).length;
  return active === 0 ? 'none yet' : `${active} active`;
}

function netboxText({ netboxEndpoints }: GreetingDeps): string {
  const endpoints = netboxEndpoints.all();
  const [endpoint] = endpoints.filter(({ enabled }) => enabled);
  if (endpoint === undefined) return endpoints.length === 0 ? 'none yet' : 'disabled';
  const { name, domain, ipAddress, port, basePath } = endpoint;
  return `'${name}' at ${domain === '' ? ipAddress : domain}${basePath}, port ${port}`;
}

function proxmoxText({ proxmoxEndpoints }: GreetingDeps): string {
  const all = proxmoxEndpoints.all();
  if (all.length === 0) return 'none yet';
  const enabled = all.filter((endpoint) => endpoint.enabled).length;
  return `${all.length} ${all.length === 1 ? 'endpoint' : 'endpoints'}, ${enabled} enabled`;
}

const json = "-H 'content-type: application/json'";
const withKey = '-H "X-Proxbox-API-Key: $KEY"';
const netboxExample =
  '{"name":"netbox","ip_address":"192.0.2.20","domain":"netbox.example.com","port":443,"token_version":"v1","token":"<NETBOX_API_TOKEN>"}';
const proxmoxExample =
  '{"name":"pve","ip_address":"192.0.2.10","port":8006,"username":"netbox@pve","token_name":"sync","token_value":"<TOKEN>"}';

function nextStep({ apiKeys, netboxEndpoints, proxmoxEndpoints }: GreetingDeps, url: string): NextStep {
  if (!apiKeys.hasActiveKey())
    return {
      what: 'register an API key, or let the NetBox plugin do it',
      command: `KEY=$(openssl rand -hex 24); echo "Keep it: $KEY"; curl -X POST ${url}/auth/register-key ${json} -d "{\\"api_key\\":\\"$KEY\\"}"`,
    };
  if (netboxEndpoints.all().length === 0)
    return {
      what: 'register NetBox, or let its plugin do it',
      command: `curl -X POST ${url}/netbox/endpoint ${withKey} ${json} -d '${netboxExample}'`,
    };
  if (proxmoxEndpoints.all().length === 0)
    return {
      what: 'register a Proxmox VE cluster',
      command: `curl -X POST ${url}/proxmox/endpoints ${withKey} ${json} -d '${proxmoxExample}'`,
    };
  return { what: 'sync', command: `curl -N ${withKey} ${url}/full-update/stream` };
}

export function greetingOf(deps: GreetingDeps): Greeting {
  const url = ownUrl(deps);
  return {
    title: `proxbox-api ${deps.version}`,
    facts: [
      [
        'address',
        `${url} (${deps.env.bindHost === '127.0.0.1' ? 'this machine only' : `bound to ${deps.env.bindHost}`})`,
      ],
      ['page', `${url}/ui`],
      ['database', deps.env.databasePath],
      ['encryption', encryptionText(deps)],
      ['API keys', keysText(deps)],
      ['NetBox', netboxText(deps)],
      ['Proxmox', proxmoxText(deps)],
    ],
    next: nextStep(deps, url),
  };
}

/** A block for a terminal. */
export function terminalText({ title, facts, next }: Greeting): string {
  const lines = [...facts, ['next', `${next.what}:`] as const].map(([name, text]) => `  ${name.padEnd(12)}${text}`);
  return `\n${title}\n${lines.join('\n')}\n\n    ${next.command}\n\n`;
}

/** One line for a log. */
export function logText({ title, facts, next }: Greeting): string {
  const told = facts.map(([name, text]) => `${name}: ${text}`).join('; ');
  return `${title}; ${told}; next: ${next.what}.`;
}
