/** Wrong API keys by the thousand, while good ones ask: who was answered what, and how long the good ones waited. */
import { Pool } from 'undici';

export interface GoodAsker {
  readonly name: string;
  /** Of `X-Forwarded-For`: the service has to trust 127.0.0.1 as a proxy. */
  readonly address: string;
  /** Asked with in turn. */
  readonly keys: readonly string[];
  /** One question after so many wrong keys. */
  readonly every: number;
}

export interface KeyFlood {
  readonly url: string;
  readonly wrongKeys: number;
  /** The wrong keys come from them in turn. */
  readonly addresses: readonly string[];
  /** Wrong keys that are on the way at any time. */
  readonly atOnce: number;
  readonly good: readonly GoodAsker[];
}

/** How often each status was answered. */
export type Statuses = Readonly<Record<number, number>>;

export interface FloodResult {
  readonly wrong: Statuses;
  readonly good: Readonly<Record<string, { readonly statuses: Statuses; readonly milliseconds: readonly number[] }>>;
}

/** As many as are asked for, of the block for documentation and tests (RFC 2544). */
export function addresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `198.18.${Math.floor(index / 250)}.${(index % 250) + 1}`);
}

type Ask = (address: string, key: string) => Promise<number>;

/** The connections stay open: what is measured is the answer. */
function createClient(url: string) {
  const pool = new Pool(url);
  const ask: Ask = async (address, key) => {
    const headers = { 'x-forwarded-for': address, 'x-proxbox-api-key': key };
    const { statusCode, body } = await pool.request({ path: '/version', method: 'GET', headers });
    await body.dump();
    return statusCode;
  };
  return { ask, close: () => pool.close() };
}

const wrongKey = (index: number): string => `wrong-${String(index).padStart(32, '0')}`;

function createAsker({ name, address, keys, every }: GoodAsker, ask: Ask) {
  const statuses: Record<number, number> = {};
  const milliseconds: number[] = [];
  return {
    name,
    result: { statuses, milliseconds },
    async askAfter(wrong: number): Promise<void> {
      if (wrong % every !== 0) return;
      const key = keys[(wrong / every) % keys.length] ?? '';
      const begin = performance.now();
      const status = await ask(address, key);
      milliseconds.push(performance.now() - begin);
      statuses[status] = (statuses[status] ?? 0) + 1;
    },
  };
}

/** Ends when every wrong key and every good question was answered. */
export async function floodWithWrongKeys({ url, wrongKeys, addresses, atOnce, good }: KeyFlood): Promise<FloodResult> {
  const wrong: Record<number, number> = {};
  const client = createClient(url);
  const askers = good.map((asker) => createAsker(asker, client.ask));
  const asked: Promise<void>[] = [];
  let sent = 0;
  const send = async (): Promise<void> => {
    while (sent < wrongKeys) {
      const index = sent;
      sent += 1;
      asked.push(...askers.map((asker) => asker.askAfter(index)));
      const status = await client.ask(addresses[index % addresses.length] ?? '', wrongKey(index));
      wrong[status] = (wrong[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  await Promise.all(asked);
  await client.close();
  return { wrong, good: Object.fromEntries(askers.map(({ name, result }) => [name, result])) };
}
