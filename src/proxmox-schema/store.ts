/**
 * The folder of generated documents: `<folder>/<tag>/openapi.json`. A document is replaced in one step (written beside it,
 * flushed, renamed), so that whoever reads, and whatever is killed, finds a whole one.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { errorText } from '../errors/proxbox-error.js';
import type { Row } from '../proxmox/parse/coerce.js';
import { isObject } from '../values/plain-object.js';
import { checkedTag, compareTags, isTag } from './tags.js';
import type { SchemaDocument } from './types.js';

export interface StoredSchema {
  readonly tag: string;
  readonly file: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
  readonly document: SchemaDocument;
}

export interface StoredSchemas {
  /** Newest release first. */
  readonly schemas: readonly StoredSchema[];
  /** What cannot be used, each as a clause: `<file> is not valid JSON`. */
  readonly problems: readonly string[];
}

const fileName = 'openapi.json';

export function documentFile(folder: string, tag: string): string {
  return path.join(folder, checkedTag(tag), fileName);
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function asDocument(value: unknown): SchemaDocument | null {
  if (!isObject(value) || !isObject(value['paths'])) return null;
  const info = isObject(value['info']) ? value['info'] : {};
  const paths = Object.fromEntries(
    Object.entries(value['paths']).filter((entry): entry is [string, Row] => isObject(entry[1])),
  );
  return { openapi: '3.1.0', info, servers: [], paths };
}

/** The text of a problem, the document, or undefined when there is none in that folder. */
function readDocument(file: string): StoredSchema | string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    const document = asDocument(JSON.parse(text));
    if (document === null) return `${file} has no "paths"`;
    const { mtime, size } = statSync(file);
    return { tag: path.basename(path.dirname(file)), file, bytes: size, modifiedAt: mtime, document };
  } catch (error) {
    if (error instanceof SyntaxError) return `${file} is not valid JSON`;
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    return `${file} cannot be read: ${errorText(error)}`;
  }
}

/**
 * Reads every document of the folder. Never throws: what cannot be used is a problem.
 * @param isNamed somebody named the folder, so it has to exist
 */
export function readSchemas(folder: string, isNamed: boolean): StoredSchemas {
  try {
    const found = readdirSync(folder)
      .filter(isTag)
      .sort(compareTags)
      .map((tag) => readDocument(path.join(folder, tag, fileName)));
    return {
      schemas: found.filter((entry) => typeof entry === 'object'),
      problems: found.filter((entry) => typeof entry === 'string'),
    };
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      return { schemas: [], problems: [`the folder ${folder} cannot be listed: ${errorText(error)}`] };
    }
    return { schemas: [], problems: isNamed ? [`the folder ${folder} does not exist`] : [] };
  }
}

/** One document, read now; undefined when there is none that can be used. */
export function readSchema(folder: string, tag: string): StoredSchema | undefined {
  const found = isTag(tag) ? readDocument(path.join(folder, tag, fileName)) : undefined;
  return typeof found === 'object' ? found : undefined;
}

/** Bytes per write: a process that is killed in between leaves a part beside the old document, never in its place. */
const chunkLength = 64 * 1024;
/** What a killed process left is removed once it is surely not being written any more. */
const abandonedAfterMs = 60 * 60 * 1000;
const temporaryName = /^\.openapi\.json\.[0-9a-f]+\.tmp$/;

async function writeAll(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkLength) await file.writeFile(bytes.subarray(at, at + chunkLength));
  await file.sync();
}

/** Not every file system lets a folder be flushed; the rename itself is whole in any case. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function removeAbandoned(folder: string, nowMs: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => temporaryName.test(name));
  for (const name of names) {
    const file = path.join(folder, name);
    const { mtimeMs } = await stat(file);
    if (nowMs - mtimeMs > abandonedAfterMs) await rm(file, { force: true });
  }
}

/**
 * Answers the file that was written.
 * @throws SchemaProblem for a tag that cannot be one; the error of the file system when the folder cannot be written
 */
export async function writeSchema(folder: string, tag: string, document: SchemaDocument, now: Date): Promise<string> {
  const target = documentFile(folder, tag);
  const ownFolder = path.dirname(target);
  await mkdir(ownFolder, { recursive: true });
  await removeAbandoned(ownFolder, now.getTime());
  const temporary = path.join(ownFolder, `.openapi.json.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(temporary, 'w', 0o644);
  try {
    await writeAll(file, `${JSON.stringify(document)}\n`);
    await file.close();
    await rename(temporary, target);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(ownFolder);
  return target;
}
