/** Answers that come compressed. undici hands bodies on as they came, and some servers compress without being asked. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

const decoders = new Map([
  ['gzip', promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)],
  ['x-gzip', promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)],
  ['deflate', promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate)],
  ['br', promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress)],
]);

/** Whether `content-encoding` says that the body is not what was meant to be read. */
export function isEncoded(contentEncoding: string | undefined): contentEncoding is string {
  return contentEncoding !== undefined && encodingsIn(contentEncoding).length > 0;
}

/** In the order in which they were applied. */
function encodingsIn(contentEncoding: string): readonly string[] {
  return contentEncoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
}

/**
 * The body as it was before its encodings (`gzip`, `deflate`, `br`). An empty one stays empty.
 * @throws what zlib throws (`Z_DATA_ERROR`, `ERR_BUFFER_TOO_LARGE` beyond `maxBytes`), or an error with the code
 * `ERR_CONTENT_ENCODING` for an encoding that nobody asked for
 */
export async function decodeBody(body: Buffer, contentEncoding: string, maxBytes: number): Promise<Buffer> {
  let decoded = body;
  for (const name of encodingsIn(contentEncoding).toReversed()) {
    const decode = decoders.get(name);
    if (decode === undefined)
      throw Object.assign(new Error(`unknown content-encoding ${name}`), { code: 'ERR_CONTENT_ENCODING' });
    if (decoded.length > 0) decoded = await decode(decoded, { maxOutputLength: maxBytes });
  }
  return decoded;
}
