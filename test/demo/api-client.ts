import { EventSourceParserStream } from 'eventsource-parser/stream';
import { z } from 'zod';

export interface StreamFrame {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const FrameData = z.record(z.string(), z.unknown());

/** Talks to the running service as an operator's script would: HTTP, JSON and server-sent events, with an API key. */
export interface ApiClient {
  send(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown>;
  stream(path: string): AsyncGenerator<StreamFrame>;
}

export function createApiClient(baseUrl: string, apiKey: string): ApiClient {
  const headers = { 'X-Proxbox-API-Key': apiKey };

  async function* stream(path: string): AsyncGenerator<StreamFrame> {
    const response = await fetch(`${baseUrl}${path}`, { headers });
    if (!response.ok || response.body === null)
      throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
    const frames = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const frame of frames)
      yield { event: frame.event ?? 'message', data: FrameData.parse(JSON.parse(frame.data)) };
  }

  return {
    stream,
    async send(method, path, body) {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
      const answer: unknown = text === '' ? null : JSON.parse(text);
      return answer;
    },
  };
}
