/** Bodies of firewall writes: which fields there are, and what Proxmox is sent of them. Pure. */
import { z } from 'zod';
import { ProxboxError } from '../errors/proxbox-error.js';
import { toBool, toInt, toText } from '../proxmox/parse/coerce.js';
import { isObject } from '../values/plain-object.js';
import { objectTable, type ObjectName, type Values } from './objects.js';

/** Text, or a number where people write one (a port). */
const text = z.union([z.string().max(4096), z.number()]).nullish();
/** true and false, or 1 and 0 as Proxmox has them. */
const flag = z.union([z.boolean(), z.int().min(0), z.string().max(8)]).nullish();

const rule = z.strictObject({
  pos: z.int().min(0).nullish(),
  ...{ type: text, action: text, enable: flag, macro: text, iface: text, source: text, dest: text, proto: text },
  ...{ dport: text, sport: text, log: text, 'icmp-type': text, icmp_type: text, comment: text, digest: text },
});

export const bodySchemas = {
  rules: rule,
  groupRules: rule,
  groups: z.strictObject({ group: text, name: text, comment: text }),
  ipsets: z.strictObject({ name: z.string().min(1).max(64), comment: text }),
  entries: z.strictObject({ cidr: text, comment: text, nomatch: flag }),
  aliases: z.strictObject({ name: text, cidr: z.string().min(1).max(256), comment: text, digest: text }),
  options: z.strictObject({
    ...{ enable: flag, policy_in: text, policy_out: text, log_ratelimit: text },
    options: z
      .record(z.string().max(64), z.union([z.string().max(4096), z.number(), z.boolean()]).nullable())
      .nullish(),
  }),
} as const satisfies Record<ObjectName, z.ZodType>;

/** What a body asks for. */
export interface Wanted {
  /** Of the path, else of the body; text also for positions. */
  readonly key: string;
  readonly values: Values;
  /** Of the list that the body was made from. */
  readonly digest: string | null;
}

const flags: ReadonlySet<string> = new Set(['enable', 'nomatch']);

/** 1 and 0 for flags, nothing for what is not set. Flags that are no flag go as they are: Proxmox says what is wrong. */
function sentValue(name: string, value: unknown): string | number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (flags.has(name)) {
    const known = toBool(value);
    return toInt(value) ?? (known === null ? (toText(value) ?? undefined) : Number(known));
  }
  return typeof value === 'number' ? value : (toText(value) ?? undefined);
}

function valuesOf(body: Readonly<Record<string, unknown>>): Values {
  const sent = Object.entries(body).flatMap(([name, value]): readonly [string, string | number][] => {
    const read = sentValue(name, value);
    return read === undefined ? [] : [[name, read]];
  });
  return Object.fromEntries(sent);
}

/** The fields that the table has, under Proxmox's names. */
function fieldsOf(object: ObjectName, body: Readonly<Record<string, unknown>>): Values {
  const named: Readonly<Record<string, unknown>> = { ...body, 'icmp-type': body['icmp-type'] ?? body['icmp_type'] };
  return valuesOf(Object.fromEntries(objectTable[object].fields.map((name) => [name, named[name]])));
}

function optionsIn(body: Readonly<Record<string, unknown>>): Wanted {
  const { options, ...named } = body;
  const all = { ...(isObject(options) ? options : {}), ...withoutNull(named) };
  const { digest, ...values } = valuesOf(all);
  return { key: '', values, digest: digest === undefined ? null : String(digest) };
}

const withoutNull = (body: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined));

/** What the body calls the object; Proxmox puts a rule that says no position at the top. */
function nameIn(object: ObjectName, body: Readonly<Record<string, unknown>>): string {
  const { key: field } = objectTable[object];
  const named = toText(body[field ?? '']) ?? (object === 'groups' ? toText(body['name']) : null);
  return named ?? (field === 'pos' ? '0' : '');
}

function unnamed(object: ObjectName): ProxboxError {
  if (object === 'groups') {
    const detail = { reason: 'firewall_group_name_required', detail: 'group or name is required' };
    return new ProxboxError('firewall_group_name_required', detail.detail, { detail });
  }
  const { noun, key } = objectTable[object];
  const text = `The ${noun} does not say which it is: send \`${key ?? ''}\`.`;
  return new ProxboxError('invalid_firewall_value', text, { detail: text });
}

/** @param key of the path; without it the body names the object */
export function wantedIn(object: ObjectName, body: Readonly<Record<string, unknown>>, key: string | undefined): Wanted {
  if (object === 'options') return optionsIn(body);
  const name = key ?? nameIn(object, body);
  if (name === '') throw unnamed(object);
  return { key: name, values: fieldsOf(object, body), digest: toText(body['digest']) };
}
