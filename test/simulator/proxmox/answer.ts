import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { ApiError } from './api-error.js';

/** What goes back: a status, a reason phrase for people, a body. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  /** null: none, and no body either. */
  readonly contentType: string | null;
  /** Sent as gzip, whether it was asked for or not. */
  readonly isCompressed?: boolean;
}

const JSON_TYPE = 'application/json;charset=UTF-8';

export function success(data: unknown, attributes: Readonly<Record<string, unknown>>): Answer {
  return { status: 200, reason: 'OK', body: JSON.stringify({ data, ...attributes }), contentType: JSON_TYPE };
}

/** Status and reason; `message` repeats the reason in a line of its own, but for 501. */
export function failure(error: ApiError): Answer {
  const body = {
    data: null,
    message: error.status === 501 ? error.message : `${error.message}\n`,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  };
  return { status: error.status, reason: error.message, body: JSON.stringify(body), contentType: JSON_TYPE };
}

/** Who asks is not known: pveproxy refuses with a status line alone, whatever was asked. */
export function unidentified(error: ApiError): Answer {
  return { status: error.status, reason: error.message, body: '', contentType: null };
}

export function webPage(): Answer {
  const body = '<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body>Back soon.</body></html>\n';
  return { status: 200, reason: 'OK', body, contentType: 'text/html; charset=UTF-8' };
}

/** A fault's own status; a text body goes out as it is, anything else as JSON. */
export function scripted(status: number, reason: string | undefined, body: unknown): Answer {
  if (body === undefined) return failure(new ApiError(status, reason ?? 'simulated fault'));
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, reason: reason ?? 'simulated fault', body: text, contentType: JSON_TYPE };
}

export function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, safeReason(answer.reason), headersOf(answer));
  response.end(bytesOf(answer));
}

/** Announces the whole body, sends half of it and tears the connection down. */
export function sendTruncated(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, safeReason(answer.reason), headersOf(answer));
  const bytes = bytesOf(answer);
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy());
}

function bytesOf({ body, isCompressed }: Answer): Buffer {
  return isCompressed === true ? gzipSync(body) : Buffer.from(body);
}

function headersOf(answer: Answer): Record<string, string | number> {
  return {
    ...(answer.contentType === null ? {} : { 'content-type': answer.contentType }),
    'content-length': bytesOf(answer).length,
    ...(answer.isCompressed === true ? { 'content-encoding': 'gzip' } : {}),
    'cache-control': 'max-age=0',
    server: 'pve-api-daemon/3.0',
  };
}

/** A status line holds printable Latin-1 only. */
function safeReason(reason: string): string {
  return reason.replace(/[^\x20-\x7e\xa0-\xff]/g, '?');
}
