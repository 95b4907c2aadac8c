/** Requests to this service with the API key, which is kept for as long as the tab is open and sent as a header only. */
import { EventSourceParserStream } from 'eventsource-parser/stream';

const keyName = 'proxbox-api-key';

export const keptKey = (): string | null => sessionStorage.getItem(keyName);
export const keepKey = (key: string): void => sessionStorage.setItem(keyName, key);
export const forgetKey = (): void => sessionStorage.removeItem(keyName);

/** The service did not do what it was asked for, and says why. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    /** As it was answered; null where that was no JSON. */
    readonly body: unknown,
  ) {
    super(sentenceIn(body) ?? `The service answered ${status}.`);
  }
}

export interface Frame {
  readonly event: string;
  readonly data: unknown;
}

let onSignedOut = (): void => undefined;

/** Called when the service refuses the kept key. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

/** @throws Refusal, or what fetch throws where nobody answers */
export async function ask<T>(
  path: string,
  { method = 'GET', body }: { method?: string; body?: unknown } = {},
): Promise<T> {
  const response = await request(path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  // The bodies are those of our own routes; the tests of the page read every one of them.
  return response.json(); // eslint-disable-line @typescript-eslint/no-unsafe-return
}

/** Does the service take this key? */
export async function isKey(key: string): Promise<boolean> {
  const response = await fetch('/version', { headers: { 'x-proxbox-api-key': key } });
  if (response.ok) return true;
  if (response.status === 401) return false;
  throw await refusalOf(response);
}

/** Server-sent events, to the end of the stream. @throws as `ask` */
export async function follow(
  path: string,
  { signal, onOpen, onFrame }: { signal: AbortSignal; onOpen: () => void; onFrame: (frame: Frame) => void },
): Promise<void> {
  const { body } = await request(path, { signal });
  onOpen();
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const data: unknown = JSON.parse(value.data);
    onFrame({ event: value.event ?? 'message', data });
  }
}

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('x-proxbox-api-key', keptKey() ?? '');
  headers.set('x-proxbox-trigger', 'page');
  const response = await fetch(path, { ...init, headers });
  if (response.ok) return response;
  const refusal = await refusalOf(response);
  if (response.status === 401) onSignedOut();
  throw refusal;
}

async function refusalOf(response: Response): Promise<Refusal> {
  const body: unknown = await response.json().catch(() => null);
  return new Refusal(response.status, body);
}

function sentenceIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { message, detail }: { readonly message?: unknown; readonly detail?: unknown } = body;
  // Of parameters one entry each.
  if (Array.isArray(detail)) return detail.map((entry) => JSON.stringify(entry)).join('; ');
  return [detail, message].find((text) => typeof text === 'string');
}
