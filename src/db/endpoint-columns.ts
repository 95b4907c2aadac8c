/**
 * The columns of the stored endpoints, and everything that is true of one: how it is stored, what older files get for it,
 * what a body may say, what a new record has, what the API shows, what is sealed, and what makes a connection another one.
 * The schema, the repairs, the bodies, the records and the revisions are read from here. Rows, bodies and records have
 * the same keys: those of the API, which are the names in the file.
 */
import { integer, real, text, type SQLiteColumnBuilderBase } from 'drizzle-orm/sqlite-core';
import { z } from 'zod';
import {
  booleanField,
  filledTokenField,
  headerTextField,
  hostField,
  integerField,
  nameField,
  nullableIntegerField,
  nullableNumberField,
  pathField,
  textField,
  tokenField,
} from './body-fields.js';

export interface EndpointColumn {
  readonly stored: SQLiteColumnBuilderBase;
  /** SQL type with NOT NULL and DEFAULT, for files that lack the column; absent: every file has it. */
  readonly repair?: string;
  /** Field of a body; absent: no client sets it. */
  readonly body?: z.ZodType;
  /** The same in a PUT, where that takes more. */
  readonly change?: z.ZodType;
  /** Of a new record whose body does not name it, and the meaning of null in older rows; absent: the body has to name it. */
  readonly initial?: boolean | number | string | null;
  /** Field of the public record; absent: it never leaves the process. */
  readonly view?: z.ZodType;
  /** What a stored text means, where a file may have others than we write. */
  readonly read?: (stored: string | null) => string;
  readonly isSealed?: true;
  /** Another value, another connection: clients, sessions and what they remember are made anew. */
  readonly isConnection?: true;
}

export type EndpointColumns = Readonly<Record<string, EndpointColumn>>;

type Having<T extends EndpointColumns, P extends keyof EndpointColumn> = {
  [K in keyof T as T[K] extends Readonly<Record<P, unknown>> ? K : never]: T[K] extends Readonly<Record<P, infer V>>
    ? V
    : never;
};

/** One property of each column that has it. */
export function partsOf<T extends EndpointColumns, P extends keyof EndpointColumn>(table: T, part: P): Having<T, P>;
export function partsOf(table: EndpointColumns, part: keyof EndpointColumn): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(table).flatMap(([name, column]) => (part in column ? [[name, column[part]]] : [])),
  );
}

const connecting = <C extends EndpointColumn>(column: C) => ({ ...column, isConnection: true as const });

const requiredText = (maxLength: number) => ({
  stored: text().notNull(),
  body: textField(maxLength),
  view: z.string(),
});

const port = (initial: number) => ({
  stored: integer().notNull(),
  body: integerField(1, 65_535),
  initial,
  view: z.int(),
});

const flag = (initial: boolean) => ({
  stored: integer({ mode: 'boolean' }).notNull(),
  repair: `BOOLEAN NOT NULL DEFAULT ${Number(initial)}`,
  body: booleanField,
  initial,
  view: z.boolean(),
});

const optional = { repair: 'VARCHAR', initial: null } as const;
const optionalText = () => ({
  ...optional,
  stored: text(),
  body: textField(255).nullable(),
  view: z.string().nullable(),
});
const optionalInteger = (min: number, max: number) => ({
  stored: integer(),
  repair: 'INTEGER',
  body: nullableIntegerField(min, max),
  initial: null,
  view: z.int().nullable(),
});
const optionalSecret = (body: z.ZodType<string | null>) =>
  ({ ...optional, stored: text(), body, isSealed: true, isConnection: true }) as const;

const accessMethods = z
  .string()
  .refine((value) => value === 'api' || value === 'api_ssh', {
    error: "access_methods must be one of ['api', 'api_ssh'] (SSH-only is not allowed; SSH only complements API)",
  })
  .meta({ enum: ['api', 'api_ssh'] });

export const proxmoxColumns = {
  name: { ...requiredText(255), body: nameField(255) },
  ip_address: connecting({ ...requiredText(45), body: hostField(45) }),
  domain: connecting({ ...optionalText(), body: hostField(255).nullable() }),
  port: connecting(port(8006)),
  username: connecting(requiredText(255)),
  password: optionalSecret(textField(1000).nullable()),
  token_name: connecting({ ...optional, stored: text(), body: headerTextField(255).nullable() }),
  token_value: optionalSecret(headerTextField(1000).nullable()),
  verify_ssl: connecting(flag(true)),
  enabled: connecting(flag(true)),
  allow_writes: flag(false),
  allow_packer_template_builds: {
    ...flag(false),
    // Newer files of the Python service have it as NOT NULL, repaired ones do not.
    stored: integer({ mode: 'boolean' }),
    repair: 'BOOLEAN',
  },
  access_methods: {
    stored: text(),
    // Deliberately not what new records get: repaired rows keep the SSH access they had.
    repair: "VARCHAR NOT NULL DEFAULT 'api_ssh'",
    body: accessMethods,
    initial: 'api',
    view: z.enum(['api', 'api_ssh']),
    read: (stored: string | null) => (stored === 'api_ssh' ? 'api_ssh' : 'api'),
  },
  /** Name of a node's device in NetBox; empty or null inherits the plugin's setting. */
  node_device_name_template: { ...optionalText(), view: z.string(), read: (stored: string | null) => stored ?? '' },
  site_id: optionalInteger(1, Number.MAX_SAFE_INTEGER),
  site_slug: optionalText(),
  site_name: optionalText(),
  tenant_id: optionalInteger(1, Number.MAX_SAFE_INTEGER),
  tenant_slug: optionalText(),
  tenant_name: optionalText(),
  /** Seconds; null inherits the plugin's value, here and below. */
  timeout: connecting(optionalInteger(1, 3600)),
  max_retries: connecting(optionalInteger(0, 100)),
  /** Seconds. */
  retry_backoff: connecting({
    stored: real(),
    repair: 'REAL',
    body: nullableNumberField(0, 300),
    initial: null,
    view: z.number().nullable(),
  }),
  /** What the plugin's own row of the endpoint said last; null: never seen. */
  plugin_endpoint_id: { stored: integer(), repair: 'INTEGER', initial: null },
  plugin_allow_writes: { stored: integer({ mode: 'boolean' }), repair: 'BOOLEAN', initial: null },
  plugin_enabled: { stored: integer({ mode: 'boolean' }), repair: 'BOOLEAN', initial: null },
} satisfies EndpointColumns;

export const netboxColumns = {
  name: { ...requiredText(255), body: nameField(255) },
  ip_address: connecting({ ...requiredText(45), body: hostField(45) }),
  /** Empty when none. */
  domain: connecting({
    ...requiredText(255),
    body: hostField(255),
    change: hostField(255).nullable(),
    initial: '',
  }),
  port: connecting(port(443)),
  /** Where NetBox shares its host with others: `/netbox`. */
  base_path: connecting({ ...optionalText(), body: pathField(255).nullable() }),
  token_version: connecting({
    stored: text(),
    repair: "VARCHAR DEFAULT 'v1'",
    body: textField(2).meta({ pattern: '^[vV][12]$' }),
    initial: 'v1',
    view: z.enum(['v1', 'v2']),
    read: (stored: string | null) => (stored?.trim().toLowerCase() === 'v2' ? 'v2' : 'v1'),
  }),
  token_key: optionalSecret(tokenField(1000).nullable()),
  token: { stored: text().notNull(), body: filledTokenField(1000), isSealed: true, isConnection: true },
  verify_ssl: connecting(flag(true)),
  enabled: connecting(flag(true)),
} as const satisfies EndpointColumns;
