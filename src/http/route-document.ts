/**
 * What the API document says of a route beyond the schemas by which the route is checked. It is only told: what a handler
 * reads and sends stays what it is, no field is refused or left out because of it.
 */
import { z, type ZodType } from 'zod';

export interface RouteDocument {
  /** What the route answers when it has done what it was asked for, by status. */
  readonly answers?: Readonly<Record<number, ZodType>>;
  /** Media type of these answers; JSON unless it is named. */
  readonly mediaType?: string;
  /** A body, and headers, that the handler reads itself. */
  readonly body?: ZodType;
  readonly headers?: ZodType;
}

/** For the `config` of a route that answers 200. */
export function answers(schema: ZodType, mediaType?: string): { readonly document: RouteDocument } {
  return { document: { answers: { 200: schema }, ...(mediaType === undefined ? {} : { mediaType }) } };
}

/** A stream of server-sent events, each of them as it is received; docs/api.md says which. */
export const answersStream = answers(
  z.looseObject({ event: z.string().optional(), data: z.string() }),
  'text/event-stream',
);

/** Objects whose fields Proxmox or NetBox decides. */
export const foreignRows = z.array(z.looseObject({}));

/** A schema that is checked in one way and said in another: JSON schema for what a check in code decides. */
export function said<T extends ZodType>(schema: T, json: Readonly<Record<string, unknown>>): T {
  return schema.meta(json);
}
