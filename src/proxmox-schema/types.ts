/** The API of one Proxmox release as data. The document is OpenAPI 3.1; what Proxmox says beyond it is under `x-proxmox`. */
import type { Row } from '../proxmox/parse/coerce.js';

export const methods = ['GET', 'POST', 'PUT', 'DELETE'] as const;
export type SchemaMethod = (typeof methods)[number];

/** One method of one path, as the viewer or the embedded table names it. Property texts are Proxmox's JSON schema. */
export interface SourceOperation {
  readonly method: SchemaMethod;
  /** `/nodes/{node}/qemu/{vmid}/config` */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  /** By parameter name, those of the path included. */
  readonly properties: Readonly<Record<string, Row>>;
  /** Further parameters are accepted. */
  readonly isOpen: boolean;
  readonly returns: Row | null;
  /** `permissions`, `allowtoken`, `protected`, `proxyto` and the like, as they came. */
  readonly facts: Row;
}

export interface DocumentInfo {
  readonly title: string;
  /** The tag it is stored under, or `embedded-minimal`. */
  readonly version: string;
  /** Where the viewer was read: a URL or a file name. */
  readonly source: string;
  /** ISO 8601; null for the embedded table. */
  readonly generatedAt: string | null;
}

export interface SchemaDocument {
  readonly openapi: '3.1.0';
  readonly info: Row;
  readonly servers: readonly Row[];
  readonly paths: Readonly<Record<string, Row>>;
}

/** What a value must be. Only what is checked here; Proxmox checks the rest. */
export interface ValueRule {
  readonly type?: string | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly pattern?: RegExp | undefined;
  readonly items?: ValueRule | undefined;
}

export interface Parameter {
  readonly name: string;
  readonly isRequired: boolean;
  readonly rule: ValueRule;
}

/** One method of one path, ready to check requests with. */
export interface Operation {
  readonly id: string;
  readonly method: SchemaMethod;
  readonly path: string;
  /** Those of the path. */
  readonly pathParameters: ReadonlyMap<string, ValueRule>;
  /** The others: query of GET and DELETE, body of POST and PUT. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Families such as `net[n]`. */
  readonly numbered: readonly { readonly key: RegExp; readonly rule: ValueRule }[];
  readonly isOpen: boolean;
}
