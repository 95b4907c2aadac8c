/** The application with one stored endpoint per simulated cluster, and perhaps a last one that nobody answers for. */
import { exampleEstate, type Estate, type EstateCluster, type PveProfile } from '../../simulator/estate/index.js';
import { startProxmoxSimulators, type ProxmoxSimulator, type StartOptions } from '../../simulator/proxmox/index.js';
import { requestLimitS } from '../../support/limits.js';
import { anApp, type Fixture } from './app-fixture.js';

/** Whatever the answer holds; the assertions say what that is. */
export type Json = ReturnType<typeof JSON.parse>;

interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly failed: unknown;
}

export interface Lab extends Fixture {
  readonly simulators: readonly ProxmoxSimulator[];
  readonly read: (url: string) => Promise<Answer>;
}

export interface LabOptions extends StartOptions {
  readonly estate?: Estate;
  readonly withDeadEndpoint?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
}

/** The example cluster under another release of Proxmox. */
export function exampleOn(profile: PveProfile, changes: Partial<EstateCluster> = {}): Estate {
  const { epochS, clusters } = exampleEstate();
  return { epochS, clusters: clusters.map((cluster) => ({ ...cluster, profile, ...changes })) };
}

/** Endpoint 1 is `lab`, the next ones are `endpoint 2`... */
export async function aLab({
  estate = exampleEstate(),
  withDeadEndpoint = false,
  variables = {},
  ...options
}: LabOptions = {}): Promise<Lab> {
  const started = await startProxmoxSimulators(estate, options);
  const fixture = await anApp({ variables, cleanup: () => started.close() });
  const { app, headers } = fixture;
  const [first] = started.simulators;
  const ports = started.simulators.map(({ port }) => port);
  for (const [index, port] of [...ports, ...(withDeadEndpoint ? [1] : [])].entries()) {
    const payload = {
      name: index === 0 ? 'lab' : `endpoint ${index + 1}`,
      ip_address: '127.0.0.1',
      port,
      username: first!.username,
      password: first!.password,
      verify_ssl: false,
      timeout: requestLimitS,
    };
    await app.inject({ method: 'POST', url: '/proxmox/endpoints', headers, payload });
  }
  return {
    ...fixture,
    simulators: started.simulators,
    read: async (url) => {
      const answer = await app.inject({ url, headers });
      return { status: answer.statusCode, body: answer.json(), failed: answer.headers['x-proxbox-failed-endpoints'] };
    },
  };
}
