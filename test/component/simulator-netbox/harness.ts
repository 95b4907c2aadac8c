import {
  createNetBoxSimulator,
  defaultTokens,
  type NetBoxSimulator,
  type NetBoxSimulatorOptions,
} from '../../simulator/netbox/index.js';

export interface Reply {
  readonly status: number;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly headers: Headers;
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Reply>;

export interface Harness {
  readonly simulator: NetBoxSimulator;
  readonly call: Call;
  /** A POST that must succeed. */
  readonly create: (path: string, body: unknown) => Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

export const start = async (options: NetBoxSimulatorOptions = {}): Promise<Harness> => {
  const simulator = createNetBoxSimulator(options);
  const url = await simulator.listen();
  const call: Call = async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}/api/${path}`, {
      method,
      redirect: 'manual',
      headers: { authorization: `Token ${defaultTokens.v1}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: parsed(await response.text()), headers: response.headers };
  };
  return {
    simulator,
    call,
    create: async (path, body) => {
      const reply = await call('POST', path, body);
      if (reply.status !== 201) throw new Error(`POST ${path} answered ${reply.status} ${JSON.stringify(reply.body)}`);
      return reply.body;
    },
  };
};

export const vms = 'virtualization/virtual-machines/';

/** A cluster without a site; answers its id. */
export const makeCluster = async ({ create }: Harness): Promise<number> => {
  const type = await create('virtualization/cluster-types/', { name: 'Cluster', slug: 'cluster' });
  return (await create('virtualization/clusters/', { name: 'C1', type: type.id })).id;
};
