/** The firewall of the datacenter, of nodes, guests and VNets: rules, groups, sets, aliases and options. */
import { firewallAt, type EstateFirewall, type PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';
import { checkDigest, digestOf } from './firewall-digest.js';
import { bookOf, cleanCidr, ipversionOf, refuse, withComment, type Place } from './firewall-place.js';
import { ruleRoutes } from './firewall-rules.js';
import { ipsetRoutes } from './firewall-sets.js';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const policy = { type: 'string', values: ['ACCEPT', 'REJECT', 'DROP'] } as const;
const level = { type: 'string' } as const;
const change = { delete: text, digest: text } as const;
const forwarding = { type: 'string', values: ['ACCEPT', 'DROP'] } as const;

const guest = (type: 'qemu' | 'lxc'): Place => ({
  base: `/nodes/{node}/${type}/{vmid}/firewall`,
  audit: { at: '/vms/{vmid}', all: ['VM.Audit'] },
  modify: { at: '/vms/{vmid}', all: ['VM.Config.Network'] },
  types: ['in', 'out', 'group'],
  iface: /^net\d+$/,
  at: (call) => `guests/${placeOf(call, 'vmid')}`,
  options: {
    ...{ enable: flag, dhcp: flag, ipfilter: flag, macfilter: flag, ndp: flag, radv: flag },
    ...{ policy_in: policy, policy_out: policy, log_level_in: level, log_level_out: level, ...change },
  },
  hasNames: true,
});

const places: readonly Place[] = [
  {
    base: '/cluster/firewall',
    audit: { at: '/', all: ['Sys.Audit'] },
    modify: { at: '/', all: ['Sys.Modify'] },
    types: ['in', 'out', 'forward', 'group'],
    at: () => 'cluster',
    options: {
      ...{ enable: { type: 'integer', minimum: 0 }, ebtables: flag, log_ratelimit: text },
      ...{ policy_in: policy, policy_out: policy, policy_forward: forwarding, ...change },
    },
    hasNames: true,
  },
  {
    base: '/nodes/{node}/firewall',
    audit: { at: '/nodes/{node}', all: ['Sys.Audit'] },
    modify: { at: '/nodes/{node}', all: ['Sys.Modify'] },
    types: ['in', 'out', 'forward', 'group'],
    at: (call) => `nodes/${placeOf(call, 'node')}`,
    options: {
      ...{ enable: flag, ndp: flag, nosmurfs: flag, nftables: flag, tcpflags: flag },
      ...{ log_level_in: level, log_level_out: level, log_level_forward: level, ...change },
    },
    hasNames: false,
  },
  guest('qemu'),
  guest('lxc'),
  {
    base: '/cluster/sdn/vnets/{vnet}/firewall',
    profiles: ['9.1', '9.2'],
    audit: { at: '/sdn/zones/localnetwork/{vnet}', any: () => ['SDN.Audit', 'SDN.Allocate'] },
    modify: { at: '/sdn/zones/localnetwork/{vnet}', all: ['SDN.Allocate'] },
    types: ['forward', 'group'],
    at: (call) => `vnets/${placeOf(call, 'vnet')}`,
    hasNames: false,
  },
];

export const firewallRoutes: readonly Route[] = [
  ...places.flatMap((place) => [
    ...ruleRoutes({ ...place, path: `${place.base}/rules`, rules: (call) => bookOf(place, call).rules }),
    ...optionRoutes(place),
    ...(place.hasNames ? [...aliasRoutes(place), ...ipsetRoutes(place)] : []),
  ]),
  ...groupRoutes(),
];

function optionRoutes(place: Place): readonly Route[] {
  const { base, audit, modify, options: parameters } = place;
  if (parameters === undefined) return [];
  const path = `${base}/options`;
  return [
    {
      method: 'GET',
      path,
      permission: audit,
      handler: (call) => {
        const { options } = bookOf(place, call);
        return { ...options, digest: digestOf(options) };
      },
    },
    {
      method: 'PUT',
      path,
      permission: modify,
      parameters,
      handler: (call) => {
        const { options } = bookOf(place, call);
        checkDigest(options, call);
        const cleared = String(call.parameters['delete'] ?? '').split(',');
        for (const name of cleared) Reflect.deleteProperty(options, name);
        for (const [name, value] of Object.entries(call.parameters).filter(([given]) => !Object.hasOwn(change, given)))
          options[name] = typeof value === 'boolean' ? Number(value) : value;
        return null;
      },
    },
  ];
}

/** Names of aliases have no case. */
const isAlias = (name: string) => (row: PveRow) => String(row['name']).toLowerCase() === name.toLowerCase();

function aliasRoutes(place: Place): readonly Route[] {
  const { base, audit, modify } = place;
  const path = `${base}/aliases`;
  const cidr = { type: 'string', required: true } as const;
  const found = (call: Call): PveRow =>
    bookOf(place, call).aliases.find(isAlias(placeOf(call, 'name'))) ?? refuse('name', 'no such alias');
  const shown = (alias: PveRow): PveRow => ({ ...alias, ipversion: ipversionOf(alias['cidr']) });
  return [
    {
      method: 'GET',
      path,
      permission: audit,
      handler: (call) => {
        const { aliases } = bookOf(place, call);
        return aliases.map((alias) => ({ ...shown(alias), digest: digestOf(aliases) }));
      },
    },
    {
      method: 'POST',
      path,
      permission: modify,
      parameters: { name: { type: 'string', required: true }, cidr, comment: text },
      handler: (call) => {
        const { aliases } = bookOf(place, call);
        const { name, cidr: address, comment } = call.parameters;
        if (aliases.some(isAlias(String(name)))) refuse('name', `alias '${String(name)}' already exists`);
        aliases.push(withComment({ name, cidr: cleanCidr(address) }, comment));
        return null;
      },
    },
    { method: 'GET', path: `${path}/{name}`, permission: audit, handler: (call) => shown(found(call)) },
    {
      method: 'PUT',
      path: `${path}/{name}`,
      permission: modify,
      parameters: { cidr, comment: text, digest: text, rename: text },
      handler: (call) => {
        const { aliases } = bookOf(place, call);
        checkDigest(aliases, call);
        const alias = found(call);
        const { cidr: address, comment, rename = alias['name'] } = call.parameters;
        aliases[aliases.indexOf(alias)] = withComment({ name: rename, cidr: cleanCidr(address) }, comment);
        return null;
      },
    },
    {
      method: 'DELETE',
      path: `${path}/{name}`,
      permission: modify,
      parameters: { digest: text },
      handler: (call) => {
        const { aliases } = bookOf(place, call);
        checkDigest(aliases, call);
        const at = aliases.findIndex(isAlias(placeOf(call, 'name')));
        if (at >= 0) aliases.splice(at, 1);
        return null;
      },
    },
  ];
}

const datacenter = ({ cluster }: Call): EstateFirewall => firewallAt(cluster, 'cluster');
const listedGroups = ({ groups }: EstateFirewall) =>
  groups.map(({ group, comment }) => withComment({ group }, comment));

function groupOf(call: Call) {
  const name = placeOf(call, 'group');
  const found = datacenter(call).groups.find(({ group }) => group === name);
  if (found === undefined) throw new ApiError(500, `no such security group '${name}'`);
  return found;
}

/** Everybody may list them; what is in them needs the privilege. */
function groupRoutes(): readonly Route[] {
  const path = '/cluster/firewall/groups';
  const audit = { at: '/', all: ['Sys.Audit'] };
  const modify = { at: '/', all: ['Sys.Modify'] };
  return [
    {
      method: 'GET',
      path,
      handler: (call) => {
        const groups = listedGroups(datacenter(call));
        return groups.map((group) => ({ ...group, digest: digestOf(groups) }));
      },
    },
    {
      method: 'POST',
      path,
      permission: modify,
      parameters: { group: { type: 'string', required: true }, comment: text, digest: text, rename: text },
      handler: makeGroup,
    },
    {
      method: 'DELETE',
      path: `${path}/{group}`,
      permission: modify,
      handler: (call) => {
        const { groups } = datacenter(call);
        const at = groups.findIndex(({ group }) => group === placeOf(call, 'group'));
        // One that is not there is deleted without a word.
        if (at < 0) return null;
        if ((groups[at]?.rules.length ?? 0) > 0)
          throw new ApiError(500, `Security group '${placeOf(call, 'group')}' is not empty`);
        groups.splice(at, 1);
        return null;
      },
    },
    ...ruleRoutes({
      path: `${path}/{group}`,
      audit,
      modify,
      types: ['in', 'out', 'forward'],
      rules: (call) => groupOf(call).rules,
    }),
  ];
}

function makeGroup(call: Call): null {
  const book = datacenter(call);
  const { group: name, comment = '', rename } = call.parameters;
  if (rename !== undefined) {
    checkDigest(listedGroups(book), call);
    const known = book.groups.find(({ group }) => group === rename);
    if (known === undefined) refuse('group', `Security group '${String(rename)}' does not exist`);
    if (call.parameters['comment'] !== undefined) known.comment = String(comment);
    return null;
  }
  if (book.groups.some(({ group }) => group === name))
    refuse('group', `Security group '${String(name)}' already exists`);
  book.groups.push({ group: String(name), comment: String(comment), rules: [] });
  return null;
}
