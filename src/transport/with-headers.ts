/** Requests with headers that depend on who asks: the trace that a request belongs to. */
import type { Transport, TransportOptions } from './types.js';

type OpenTransport = (options: TransportOptions) => Transport;

/** The same transports, each of whose requests also has the headers of that moment. */
export function transportsWithHeaders(
  open: OpenTransport,
  headersNow: () => Readonly<Record<string, string>>,
): OpenTransport {
  return (options) => {
    const transport = open(options);
    return {
      ...transport,
      send: (request) => transport.send({ ...request, headers: { ...headersNow(), ...request.headers } }),
    };
  };
}
