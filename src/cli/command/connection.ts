/**
 * What a command speaks to: a running service, or the same application in this process. Both answer the same routes, so a command
 * does what `curl` would and knows no other way.
 */
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { z } from 'zod';

export interface Call {
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** What is undefined is not sent. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
  /** A status that is no failure of the command. */
  readonly expects?: number;
}

export interface Answer {
  readonly status: number;
  /** Empty when it is not there. */
  readonly header: (name: string) => string;
  readonly body: Readable;
}

export interface Connection {
  /** @throws Error when nobody answers */
  send(call: Call): Promise<Answer>;
  /** Ends what is under way: a run stops after the write in flight. */
  close(): Promise<void>;
}

/** The path with its query. */
export function targetOf({ path, query = {} }: Pick<Call, 'path' | 'query'>): string {
  const said = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));

  const search = new URLSearchParams(Object.fromEntries(said)).toString();
  return search === '' ? path : `${path}?${search}`;
}

const Problem = z.looseObject({ message: z.string().optional(), detail: z.unknown().optional() });

/** What the service says of its refusal. */
function sentenceOf(body: string, { method = 'GET', path }: Call, status: number): string {
  const parsed = Problem.safeParse(attempt(() => JSON.parse(body)));
  const { message, detail } = parsed.data ?? {};
  const told = [message, typeof detail === 'string' && detail !== message ? detail : undefined];
  const text = told.filter((part) => part !== undefined && part !== '').join(' | ');
  return text === '' ? `${method} ${path} was answered with ${status}: ${body.slice(0, 500)}` : text;
}

function attempt(parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

/** @throws Error with the sentence of the service where the status is neither of success nor expected */
export async function answerTo(connection: Connection, call: Call): Promise<Answer> {
  const answer = await connection.send(call);
  if (answer.status < 400 || answer.status === call.expects) return answer;
  const sentence = sentenceOf(await text(answer.body), call, answer.status);
  throw new Error(answer.status === 401 ? `${sentence} This command takes it from PROXBOX_API_KEY.` : sentence);
}

/** @throws Error as answerTo, and when the answer is not of this shape */
export async function askJson<T extends z.ZodType>(connection: Connection, call: Call, shape: T): Promise<z.infer<T>> {
  const body = await text((await answerTo(connection, call)).body);
  return shape.parse(body === '' ? null : JSON.parse(body));
}

/** @throws Error as answerTo */
export async function askText(connection: Connection, call: Call): Promise<Omit<Answer, 'body'> & { body: string }> {
  const { body, ...answer } = await answerTo(connection, call);
  return { ...answer, body: await text(body) };
}

export interface Frame {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const FrameData = z.record(z.string(), z.unknown());

/** The frames of a stream of server-sent events. @throws Error as answerTo */
export async function* askFrames(connection: Connection, call: Call): AsyncGenerator<Frame> {
  const { body } = await answerTo(connection, call);
  const parser = new EventSourceParserStream();
  const writer = parser.writable.getWriter();
  const reader = parser.readable.getReader();
  const fed = (async () => {
    for await (const chunk of body.setEncoding('utf8')) await writer.write(String(chunk));
    await writer.close();
  })();
  fed.catch((error: unknown) => void writer.abort(error).catch(() => undefined));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield { event: value.event ?? 'message', data: FrameData.parse(JSON.parse(value.data)) };
  }
}
