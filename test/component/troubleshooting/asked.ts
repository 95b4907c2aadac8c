/** What the application, alone and in process, answers and writes into its log. */
import type { InjectOptions } from 'fastify';
import type { Fixture } from '../http/app-fixture.js';

/** What is asked of, and the headers of every request: those of a fixture have the registered key. */
type Asking = Pick<Fixture, 'app'> & { readonly headers: Readonly<Record<string, string>> };

export async function asked({ app, headers }: Asking, { headers: more, ...request }: InjectOptions) {
  const answer = await app.inject({ ...request, headers: { ...headers, ...more } });
  return { status: answer.statusCode, body: answer.json<unknown>() };
}

/** The sentences of the log, the oldest first. */
export const messagesOf = ({ logLines }: Fixture): readonly string[] =>
  logLines.map((line) => (JSON.parse(line) as { msg: string }).msg);
