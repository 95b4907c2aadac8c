import type { Clock } from '../../../src/config/clock.js';
import { systemClock } from '../../../src/config/clock.js';
import type { Tunables } from '../../../src/config/types.js';
import type { ProxmoxCredentials, ProxmoxEndpoint } from '../../../src/endpoints/types.js';
import { createProxmoxSessions, type ProxmoxSessions } from '../../../src/proxmox/sessions.js';
import type { ProxmoxSimulator } from '../../simulator/proxmox/index.js';
import { requestLimitS } from '../../support/limits.js';
import { anEndpoint, someCredentials } from '../../unit/proxmox/fakes.js';

const tunables: Partial<Tunables> = {
  proxmoxTimeoutS: requestLimitS,
  proxmoxMaxRetries: 0,
  proxmoxRetryBackoffS: 0.001,
  proxmoxFetchConcurrency: null,
};

export interface TestSessions extends ProxmoxSessions {
  readonly logged: { readonly level: string; readonly message: string }[];
}

export function openSessions(
  options: { clock?: Clock; caBundle?: string; tunables?: Partial<Tunables> } = {},
): TestSessions {
  const logged: TestSessions['logged'] = [];
  const log = (level: string) => (_fields: unknown, message: string) => void logged.push({ level, message });
  const sessions = createProxmoxSessions({
    clock: options.clock ?? systemClock,
    logger: { debug: log('debug'), warn: log('warn') } as never,
    settings: () => ({ ...tunables, ...options.tunables }) as Tunables,
    ...(options.caBundle === undefined ? {} : { caBundle: options.caBundle }),
  });
  return { ...sessions, logged };
}

export function endpointOf(simulator: ProxmoxSimulator, changes: Partial<ProxmoxEndpoint> = {}): ProxmoxEndpoint {
  return anEndpoint({
    ipAddress: '127.0.0.1',
    port: simulator.port,
    username: simulator.username,
    verifySsl: false,
    ...changes,
  });
}

export function tokenOf(simulator: ProxmoxSimulator): ProxmoxCredentials {
  return someCredentials({ tokenName: simulator.tokenName, tokenValue: simulator.tokenValue });
}

export function passwordOf(simulator: ProxmoxSimulator, password = simulator.password): ProxmoxCredentials {
  return someCredentials({ password });
}
