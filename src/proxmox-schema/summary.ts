/** What a document says of itself. Pure. */
import { isObject } from '../values/plain-object.js';
import type { SchemaDocument } from './types.js';

export interface DocumentSummary {
  readonly version: string | null;
  readonly source: string | null;
  readonly generatedAt: string | null;
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export function describeDocument({ info }: SchemaDocument): DocumentSummary {
  const made = isObject(info['x-proxmox']) ? info['x-proxmox'] : {};
  return {
    version: textOrNull(info['version']),
    source: textOrNull(made['source']),
    generatedAt: textOrNull(made['generated_at']),
  };
}
