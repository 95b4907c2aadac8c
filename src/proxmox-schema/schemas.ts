/** The schemas that the running service checks requests against: the generated ones, and the embedded table beside them. */
import type { Env } from '../config/env.js';
import { createCatalog, type Catalog } from './catalog.js';
import { embeddedDocument, embeddedVersion } from './embedded.js';
import { operationsOf } from './read-document.js';
import { readSchema, readSchemas } from './store.js';
import { compareTags, tagFor } from './tags.js';
import type { SchemaDocument } from './types.js';

export interface Schema {
  /** Of a generated one, else `embedded-minimal`. */
  readonly tag: string;
  readonly catalog: Catalog;
}

export interface Schemas {
  /** Of the generated ones, newest release first. */
  tags(): readonly string[];
  /** By its tag; `latest` is the newest release, or the embedded table, unless one of that name was generated. */
  find(tag: string): Schema | undefined;
  /** For a cluster of that release, the best first; the embedded table is always the last. */
  forRelease(release: string): readonly Schema[];
  /** Reads the document of a generated schema again; the embedded one for `embedded-minimal`. */
  document(tag: string): SchemaDocument | undefined;
  /** Reads the folder again; answers what cannot be used. */
  reload(): readonly string[];
}

/**
 * Reads the folder once. While anything in it cannot be used, none of it is: a cluster would be checked by the schema of another
 * release in place of its broken one. compose/start-schemas.ts tells about it.
 */
export function createSchemas({
  generatedDir,
  generatedDirConfigured,
}: Pick<Env, 'generatedDir' | 'generatedDirConfigured'>): Schemas {
  const embedded: Schema = { tag: embeddedVersion, catalog: createCatalog(operationsOf(embeddedDocument.paths)) };
  let generated: ReadonlyMap<string, Schema> = new Map();

  const reload = (): readonly string[] => {
    const { schemas, problems } = readSchemas(generatedDir, generatedDirConfigured);
    const usable = problems.length === 0 ? schemas : [];
    generated = new Map(
      usable.map(({ tag, document }) => [tag, { tag, catalog: createCatalog(operationsOf(document.paths)) }]),
    );
    return problems;
  };
  const tags = (): readonly string[] => [...generated.keys()].sort(compareTags);
  reload();

  return {
    tags,
    reload,
    find: (tag) => {
      const known = generated.get(tag);
      if (known !== undefined || tag !== 'latest') return tag === embeddedVersion ? embedded : known;
      const newest = tags()[0];
      return newest === undefined ? embedded : generated.get(newest);
    },
    forRelease: (release) => {
      const chosen = generated.get(tagFor(release, tags()) ?? '');
      return chosen === undefined ? [embedded] : [chosen, embedded];
    },
    document: (tag) => {
      if (tag === embeddedVersion) return embeddedDocument;
      return readSchema(generatedDir, tag)?.document;
    },
  };
}
