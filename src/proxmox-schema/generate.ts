/** From the text of a viewer to a document, and the document to its place: for the command and for the service. */
import path from 'node:path';
import { openApiDocument } from './openapi.js';
import { writeSchema } from './store.js';
import type { SchemaDocument } from './types.js';
import { readViewer } from './viewer.js';

export interface SchemaSource {
  readonly tag: string;
  /** URL, or path of a file. */
  readonly source: string;
  readonly isFile: boolean;
}

export interface MadeSchema {
  readonly document: SchemaDocument;
  readonly pathCount: number;
  readonly operationCount: number;
  readonly generatedAt: Date;
}

/** @throws SchemaProblem when the text is no viewer of Proxmox VE */
export function makeSchema({ tag, source, isFile }: SchemaSource, text: string, generatedAt: Date): MadeSchema {
  const operations = readViewer(text, source);
  const document = openApiDocument(operations, {
    title: `Proxmox VE API ${tag}`,
    version: tag,
    source: isFile ? path.basename(source) : source,
    generatedAt: generatedAt.toISOString(),
  });
  const pathCount = Object.keys(document.paths).length;
  return { document, pathCount, operationCount: operations.length, generatedAt };
}

/** Answers the file. @throws the error of the file system when the folder cannot be written */
export function storeSchema(folder: string, tag: string, { document, generatedAt }: MadeSchema): Promise<string> {
  return writeSchema(folder, tag, document, generatedAt);
}
