import { jsonAnswer, type SimulatedAnswer } from '../../http/types.js';
import { contains, hostsOf, parseNetwork } from '../addresses.js';
import { ApiFailure } from '../failures.js';
import { asText } from '../values.js';
import type { ApiCall } from './context.js';

const defaultLimit = 50;

/** The first addresses of a prefix that nobody has, of the table without VRF: a list without pages. */
export const answerAvailableAddresses = (call: ApiCall, id: number): SimulatedAnswer => {
  const { store } = call.world;
  const prefix = store
    .need('ipam.prefix')
    .byId()
    .find((row) => row.id === id);
  const network = parseNetwork(asText(prefix?.['prefix']));
  if (prefix === undefined || network === undefined) throw new ApiFailure(404, { detail: 'Not found.' });
  const taken = new Set(
    store
      .need('ipam.ipaddress')
      .byId()
      .map((row) => parseNetwork(asText(row['address'])))
      .filter((one) => one !== undefined && contains(network, one))
      .map((one) => one?.host),
  );
  const limit = Number(call.request.query.get('limit') ?? defaultLimit);
  const free: object[] = [];
  for (const { version, text, host } of hostsOf(network, prefix['is_pool'] === true)) {
    if (free.length >= limit) break;
    if (!taken.has(host)) free.push({ family: version, address: text, vrf: null });
  }
  return jsonAnswer(200, free);
};
