/**
 * How the devices of nodes are called. netbox-proxbox 0.0.29 has a template for it, one for all and one per endpoint, with
 * the placeholders {node}, {cluster}, {cluster_slug} and {endpoint}; its form accepts what `renderDeviceName` accepts. Pure.
 */
import type { Reason } from '../types.js';
import type { ClusterView } from './cluster-views.js';
import type { SyncOptions } from './options.js';
import { withoutPluginId } from '../../values/plugin-id.js';
import { slugify } from './slug.js';

/** What is needed of a stored Proxmox endpoint. */
export interface NamingEndpoint {
  readonly name: string;
  /** Empty: the template of the settings. */
  readonly nodeDeviceNameTemplate: string;
}

export interface DeviceNaming {
  readonly endpoints: ReadonlyMap<number, NamingEndpoint>;
  readonly options: Pick<SyncOptions, 'nodeDeviceNameTemplate'>;
}

export interface DeviceNames {
  /** What a new device is called: what the template of the cluster's owner gives, else the node's name. */
  readonly wanted: string;
  /** Every name under which a device may be waiting for the node, in lower case: NetBox compares so. */
  readonly known: ReadonlySet<string>;
  /** Why the template gives no name. Nothing is renamed then. */
  readonly problem?: Reason;
}

/** Two endpoints of one cluster may have two templates: the owner's decides, and devices named by the other's are known. */
export function deviceNames(view: ClusterView, node: string, naming: DeviceNaming): DeviceNames {
  const rendered = renderFor(view, { node, endpointId: view.owner.endpointId }, naming);
  const names = [view.owner.endpointId, ...view.endpointIds].flatMap((endpointId) => {
    const one = renderFor(view, { node, endpointId }, naming);
    return 'name' in one ? [one.name] : [];
  });
  const known = new Set([...names, node].map((name) => name.toLowerCase()));
  if ('name' in rendered) return { wanted: rendered.name, known };
  const template = templateOf(view.owner.endpointId, naming);
  const message = `The node device name template "${template}" of the endpoint "${view.owner.endpointName}" cannot be used: ${rendered.problem}. New devices are called as their nodes are, and none is renamed. Correct the template on the page of the endpoint, or of the settings.`;
  return { wanted: node, known, problem: { code: 'device_name_invalid', message } };
}

interface NodeOfEndpoint {
  readonly node: string;
  readonly endpointId: number;
}

function renderFor(view: ClusterView, { node, endpointId }: NodeOfEndpoint, naming: DeviceNaming): RenderedName {
  const endpoint = naming.endpoints.get(endpointId)?.name ?? view.owner.endpointName;
  return renderDeviceName(templateOf(endpointId, naming), {
    node,
    cluster: view.name,
    cluster_slug: slugify(view.name, 'cluster'),
    endpoint: withoutPluginId(endpoint),
  });
}

function templateOf(endpointId: number, { endpoints, options }: DeviceNaming): string {
  const own = endpoints.get(endpointId)?.nodeDeviceNameTemplate.trim() ?? '';
  return own === '' ? options.nodeDeviceNameTemplate.trim() : own;
}

/** The text for each placeholder. */
export type PlaceholderValues = Readonly<Record<'node' | 'cluster' | 'cluster_slug' | 'endpoint', string>>;
export type RenderedName = { readonly name: string } | { readonly problem: string };

const placeholder = /\{([^{}]*)\}/g;
const maxNameLength = 64;
const label = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i;

/** Fills a template in, or says what is wrong with it: {node} is obligatory, and the result has to be a DNS name of at most 64 characters. */
export function renderDeviceName(template: string, values: PlaceholderValues): RenderedName {
  const texts = new Map<string, string>(Object.entries(values));
  const unknown = [...template.matchAll(placeholder)].find(([, name = '']) => !texts.has(name));
  if (unknown !== undefined) return { problem: `it has no placeholder ${unknown[0]}` };
  if (!template.includes('{node}')) return { problem: 'without {node} all nodes would have one name' };
  const name = template.replace(placeholder, (_, key: string) => texts.get(key) ?? '');
  if (name.length <= maxNameLength && name.split('.').every((part) => label.test(part))) return { name };
  return {
    problem: `it gives "${name}", and a name has at most ${maxNameLength} letters, digits, hyphens and dots`,
  };
}
