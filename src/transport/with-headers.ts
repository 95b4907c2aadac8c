/** Requests with headers that depend on who asks: the trace that a request belongs to. */
import type { OpenPool } from './lasting-transports.js';

/** The same transports, each of whose requests also has the headers of that moment. */
export function transportsWithHeaders(open: OpenPool, headersNow: () => Readonly<Record<string, string>>): OpenPool {
  return (options) => {
    const transport = open(options);
    return {
      ...transport,
      send: (request) => transport.send({ ...request, headers: { ...headersNow(), ...request.headers } }),
    };
  };
}
