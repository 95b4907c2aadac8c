/**
 * What the API takes and shows of endpoints: the bodies of POST and PUT, and the records, as the columns say. Rules
 * between fields are the stores'.
 */
import { z } from 'zod';
import {
  netboxColumns,
  partsOf,
  proxmoxColumns,
  type EndpointColumn,
  type EndpointColumns,
} from '../db/endpoint-columns.js';

type BodyOf<C> = C extends { body: infer B extends z.ZodType } ? B : never;
type Optional<C> = C extends { change: infer B extends z.ZodType } ? z.ZodOptional<B> : z.ZodOptional<BodyOf<C>>;
type Required<C> = C extends { initial: infer I }
  ? I extends null
    ? z.ZodOptional<BodyOf<C>>
    : z.ZodDefault<BodyOf<C>>
  : BodyOf<C>;
type Sendable<T> = keyof { [K in keyof T as T[K] extends { body: z.ZodType } ? K : never]: K };
type CreateFields<T> = { [K in keyof T & Sendable<T>]: Required<T[K]> };
type ChangeFields<T> = { [K in keyof T & Sendable<T>]: Optional<T[K]> };

function createField({ initial }: EndpointColumn, body: z.ZodType): z.ZodType {
  if (initial === undefined) return body;
  return initial === null ? body.optional() : body.default(initial);
}

function fieldsOf(
  table: EndpointColumns,
  field: (column: EndpointColumn, body: z.ZodType) => z.ZodType,
): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(table).flatMap(([name, column]) =>
      column.body === undefined ? [] : [[name, field(column, column.body)]],
    ),
  );
}

/** Everything that has no initial value has to be named. */
function createBody<T extends EndpointColumns>(table: T): z.ZodObject<CreateFields<T>>;
function createBody(table: EndpointColumns): z.ZodObject {
  return z.object(fieldsOf(table, createField));
}

/** Partial: only the keys that are present change. */
function changeBody<T extends EndpointColumns>(table: T): z.ZodObject<ChangeFields<T>>;
function changeBody(table: EndpointColumns): z.ZodObject {
  return z.object(fieldsOf(table, (column, body) => (column.change ?? body).optional()));
}

/** The rules between fields (proxmox-rules.ts, netbox-rules.ts) as the API document says them. */
const given = { type: 'string', minLength: 1 } as const;
const absent = { anyOf: [{ type: 'null' }, { maxLength: 0 }] } as const;
const filled = { type: 'string', pattern: String.raw`\S` } as const;
const oneOfCredentials = {
  anyOf: [
    {
      required: ['token_name', 'token_value'],
      properties: { token_name: given, token_value: given },
    },
    { required: ['password'], properties: { password: given, token_name: absent, token_value: absent } },
  ],
} as const;
const tokenOfVersion = {
  anyOf: [
    { properties: { token_version: { pattern: '1$' } } },
    { required: ['token_version', 'token_key'], properties: { token_key: filled } },
  ],
} as const;

export const ProxmoxEndpointCreate = createBody(proxmoxColumns).meta({ allOf: [oneOfCredentials] });
export const ProxmoxEndpointUpdate = changeBody(proxmoxColumns);
/** Also the list of what may leave the process: secrets, and the name of the token, are left out, not masked. */
export const ProxmoxEndpointRecord = z.object({ id: z.int(), ...partsOf(proxmoxColumns, 'view') });

export const NetBoxEndpointCreate = createBody(netboxColumns).meta({ allOf: [tokenOfVersion] });
export const NetBoxEndpointUpdate = changeBody(netboxColumns);
/** As ProxmoxEndpointRecord. */
export const NetBoxEndpointRecord = z.object({ id: z.int(), ...partsOf(netboxColumns, 'view') });

export type ProxmoxEndpointCreate = z.infer<typeof ProxmoxEndpointCreate>;
export type ProxmoxEndpointUpdate = z.infer<typeof ProxmoxEndpointUpdate>;
export type ProxmoxEndpointRecord = Readonly<z.infer<typeof ProxmoxEndpointRecord>>;
export type NetBoxEndpointCreate = z.infer<typeof NetBoxEndpointCreate>;
export type NetBoxEndpointUpdate = z.infer<typeof NetBoxEndpointUpdate>;
export type NetBoxEndpointRecord = Readonly<z.infer<typeof NetBoxEndpointRecord>>;
