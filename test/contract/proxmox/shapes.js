// @ts-check
/** What an answer of the Proxmox API looks like without its values: kinds of calls, kinds of rows, fields with their types. */

/**
 * @typedef {object} Exchange one call and its answer, as the recordings have them
 * @property {string} as account
 * @property {string} method
 * @property {string} path below `/api2/json`
 * @property {Readonly<Record<string, unknown>>} [query]
 * @property {Readonly<Record<string, unknown>>} [form]
 * @property {number} status
 * @property {string} reason
 * @property {string | null} content_type
 * @property {unknown} body
 * @property {string} [note] why it was asked, for those that are meant to be refused
 * @property {number} [trimmed_from] rows of the list before it was cut for the recording
 */

/** @typedef {Readonly<Record<string, number>>} Types how often a field has which type; what is missing to `rows`: absent */
/** @typedef {{ readonly rows: number, readonly fields: Readonly<Record<string, Types>> }} RowShape */
/** @typedef {Readonly<Record<string, RowShape>>} Shape by kind of row: `qemu`, `node offline`, `object`, `text` */

/** What the service asks for, and single rows whose refusals it knows: the path of each call, with names for what varies. */
export const templates = [
  '/access',
  '/access/acl',
  '/access/permissions',
  '/access/roles',
  '/access/users',
  '/cluster',
  '/cluster/backup',
  '/cluster/backup/{id}',
  '/cluster/firewall/aliases',
  '/cluster/firewall/aliases/{name}',
  '/cluster/firewall/groups',
  '/cluster/firewall/groups/{group}',
  '/cluster/firewall/groups/{group}/{pos}',
  '/cluster/firewall/ipset',
  '/cluster/firewall/ipset/{name}',
  '/cluster/firewall/ipset/{name}/{cidr}',
  '/cluster/firewall/options',
  '/cluster/firewall/rules',
  '/cluster/firewall/rules/{pos}',
  '/cluster/ha/groups',
  '/cluster/ha/groups/{group}',
  '/cluster/ha/resources',
  '/cluster/ha/resources/{sid}',
  '/cluster/ha/rules',
  '/cluster/ha/rules/{rule}',
  '/cluster/ha/status/current',
  '/cluster/ha/status/manager_status',
  '/cluster/nextid',
  '/cluster/options',
  '/cluster/replication',
  '/cluster/resources',
  '/cluster/sdn/controllers',
  '/cluster/sdn/vnets',
  '/cluster/sdn/zones',
  '/cluster/status',
  '/nodes',
  '/nodes/{node}/certificates/info',
  '/nodes/{node}/firewall/options',
  '/nodes/{node}/firewall/rules',
  '/nodes/{node}/firewall/rules/{pos}',
  '/nodes/{node}/lxc',
  '/nodes/{node}/lxc/{vmid}/config',
  '/nodes/{node}/lxc/{vmid}/firewall/aliases',
  '/nodes/{node}/lxc/{vmid}/firewall/aliases/{name}',
  '/nodes/{node}/lxc/{vmid}/firewall/ipset',
  '/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}',
  '/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}/{cidr}',
  '/nodes/{node}/lxc/{vmid}/firewall/options',
  '/nodes/{node}/lxc/{vmid}/firewall/rules',
  '/nodes/{node}/lxc/{vmid}/firewall/rules/{pos}',
  '/nodes/{node}/lxc/{vmid}/interfaces',
  '/nodes/{node}/lxc/{vmid}/migrate',
  '/nodes/{node}/lxc/{vmid}/snapshot',
  '/nodes/{node}/lxc/{vmid}/status/current',
  '/nodes/{node}/network',
  '/nodes/{node}/qemu',
  '/nodes/{node}/qemu/{vmid}/agent/get-host-name',
  '/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces',
  '/nodes/{node}/qemu/{vmid}/config',
  '/nodes/{node}/qemu/{vmid}/firewall/aliases',
  '/nodes/{node}/qemu/{vmid}/firewall/aliases/{name}',
  '/nodes/{node}/qemu/{vmid}/firewall/ipset',
  '/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}',
  '/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}/{cidr}',
  '/nodes/{node}/qemu/{vmid}/firewall/options',
  '/nodes/{node}/qemu/{vmid}/firewall/rules',
  '/nodes/{node}/qemu/{vmid}/firewall/rules/{pos}',
  '/nodes/{node}/qemu/{vmid}/migrate',
  '/nodes/{node}/qemu/{vmid}/snapshot',
  '/nodes/{node}/qemu/{vmid}/status/current',
  '/nodes/{node}/sdn/zones',
  '/nodes/{node}/storage',
  '/nodes/{node}/storage/{storage}/content',
  '/nodes/{node}/tasks',
  '/nodes/{node}/tasks/{upid}/log',
  '/nodes/{node}/tasks/{upid}/status',
  '/nodes/{node}/time',
  '/pools',
  '/storage',
  '/version',
];

const patterns = templates.map((template) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
}));

/**
 * The kind of a call that the service makes; undefined for others.
 * @param {string} path
 */
export const kindOf = (path) => patterns.find(({ pattern }) => pattern.test(path))?.template;

/** Whether the contract is about this call. @param {Exchange} exchange */
export const isWanted = ({ method, path, note }) =>
  note !== undefined || (method === 'GET' && kindOf(path) !== undefined);

/** @param {unknown} value @returns {value is Readonly<Record<string, unknown>>} */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {unknown} value */
const typeOf = (value) => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' ? 'text' : typeof value;
};

/** Devices of configurations. */
const numbered =
  /^(audio|dev|efidisk|hostpci|ide|ipconfig|mp|net|numa|parallel|rng|sata|scsi|serial|tpmstate|unused|usb|virtio)\d+$/;

/** One name for what is numbered, or named by the operator. @param {string} key */
const fieldName = (key) => {
  if (/^pve\d+$/.test(key)) return '{node}';
  if (/^(vm|ct):\d+$/.test(key)) return '{sid}';
  return key.replace(numbered, '$1#');
};

/**
 * Field and type of everything in a value: `ha.managed: number`, `local_disks[].volid: text`.
 * @param {unknown} value
 * @param {string} at
 * @returns {readonly (readonly [field: string, type: string])[]}
 */
const fieldsOf = (value, at) => {
  if (at.endsWith('.referenced_in_snapshot')) return [[at, typeOf(value)]];
  /** @type {readonly (readonly [string, string])[]} */
  const own = at === '' ? [] : [[at, typeOf(value)]];
  if (Array.isArray(value)) return [...own, ...value.flatMap((item) => fieldsOf(item, `${at}[]`))];
  if (!isObject(value)) return own;
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, item]) =>
      fieldsOf(item, at === '' ? fieldName(key) : `${at}.${fieldName(key)}`),
    ),
  ];
};

/** Words for rows that lack their figures, and the lists whose rows are of several types. */
const lacking = ['offline', 'unknown'];
const typed = new Set(['/cluster/resources', '/cluster/status', '/cluster/ha/status/current']);

/** @param {string} kind @param {unknown} row */
const variantOf = (kind, row) => {
  if (!isObject(row)) return typeOf(row);
  const type = typed.has(kind) ? String(row['type']) : 'row';
  return lacking.includes(String(row['status'])) ? `${type} ${String(row['status'])}` : type;
};

/**
 * Counts of rows and types, by kind of row. An object by itself is a row of kind `object`; a map of permissions one per path.
 * @param {string} kind
 * @param {unknown} data
 * @returns {Shape}
 */
export function shapeOf(kind, data) {
  /** @type {Map<string, { rows: number, fields: Map<string, Map<string, number>> }>} */
  const variants = new Map();
  /** @param {string} variant @param {unknown} row */
  const add = (variant, row) => {
    const known = variants.get(variant) ?? { rows: 0, fields: new Map() };
    variants.set(variant, known);
    known.rows += 1;
    const seen = new Set();
    for (const [field, type] of fieldsOf(row, '')) {
      // Once per row: presence is counted, not length.
      if (seen.has(`${field} ${type}`)) continue;
      seen.add(`${field} ${type}`);
      const types = known.fields.get(field) ?? new Map();
      known.fields.set(field, types.set(type, (types.get(type) ?? 0) + 1));
    }
  };
  if (Array.isArray(data)) for (const row of data) add(variantOf(kind, row), row);
  else if (kind === '/access/permissions' && isObject(data))
    for (const row of Object.values(data)) add('path', Object.values(isObject(row) ? row : {}).slice(0, 1));
  else add(isObject(data) ? 'object' : typeOf(data), data);
  return plain(variants);
}

/** @param {Map<string, { rows: number, fields: Map<string, Map<string, number>> }>} variants @returns {Shape} */
const plain = (variants) =>
  Object.fromEntries(
    sorted([...variants]).map(([variant, { rows, fields }]) => [
      variant,
      {
        rows,
        fields: Object.fromEntries(
          sorted([...fields]).map(([field, types]) => [field, Object.fromEntries(sorted([...types]))]),
        ),
      },
    ]),
  );

/** @template T @param {(readonly [string, T])[]} entries */
const sorted = (entries) => entries.sort(([left], [right]) => (left < right ? -1 : 1));

/**
 * The sum of several shapes.
 * @param {readonly Shape[]} shapes
 * @returns {Shape}
 */
export function merged(shapes) {
  /** @type {Map<string, { rows: number, fields: Map<string, Map<string, number>> }>} */
  const variants = new Map();
  for (const shape of shapes)
    for (const [variant, { rows, fields }] of Object.entries(shape)) {
      const known = variants.get(variant) ?? { rows: 0, fields: new Map() };
      variants.set(variant, known);
      known.rows += rows;
      for (const [field, types] of Object.entries(fields)) {
        const sum = known.fields.get(field) ?? new Map();
        known.fields.set(field, sum);
        for (const [type, count] of Object.entries(types)) sum.set(type, (sum.get(type) ?? 0) + count);
      }
    }
  return plain(variants);
}

const keys = [
  'id',
  'volid',
  'storage',
  'poolid',
  'iface',
  'vmid',
  'sid',
  'rule',
  'node',
  'roleid',
  'userid',
  'filename',
];

/**
 * What the rows of a list are about, in order; undefined for lists without names, and for what is no list.
 * @param {string} kind
 * @param {unknown} data
 * @returns {readonly string[] | undefined}
 */
export function idsOf(kind, data) {
  if (kind === '/access/permissions' && isObject(data)) return Object.keys(data).sort();
  if (!Array.isArray(data) || kind.includes('/tasks') || kind === '/access/acl') return undefined;
  const ids = data.map((row) => {
    const key = isObject(row) ? keys.find((name) => Object.hasOwn(row, name)) : undefined;
    return key === undefined || !isObject(row) ? undefined : String(row[key]);
  });
  return ids.every((id) => id !== undefined) ? ids.sort() : undefined;
}
