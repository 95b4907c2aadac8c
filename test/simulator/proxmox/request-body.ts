import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.js';

const LIMIT_BYTES = 512 * 1024;

/** Parameters of a request: query for GET and DELETE, else the body, form-encoded or JSON. */
export async function readParameters(request: IncomingMessage, query: URLSearchParams): Promise<Map<string, string>> {
  const given = new Map<string, string>(query);
  const text = await readText(request);
  if (text === '' || request.method === 'GET' || request.method === 'DELETE') return given;
  if ((request.headers['content-type'] ?? '').startsWith('application/json')) {
    for (const [name, value] of Object.entries(parseObject(text))) {
      if (value !== null) given.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
    }
    return given;
  }
  for (const [name, value] of new URLSearchParams(text)) given.set(name, value);
  return given;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > LIMIT_BYTES) throw new ApiError(413, 'for data too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Falls through to the answer for everything that is no JSON object.
  }
  throw new ApiError(400, 'malformed JSON string');
}
