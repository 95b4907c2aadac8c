import { createServer } from 'node:https';
import { createRandom } from '../estate/index.js';
import { scripted, send } from './answer.js';
import { createAccessBook } from './access-book.js';
import { createAuthentication } from './authentication.js';
import { createCertificate } from './certificate.js';
import { DEFAULT_ACCOUNT, defaultUser, presetRoles } from './default-user.js';
import { createConsoleOffice } from './consoles.js';
import { createFaultBook } from './faults.js';
import type { PipelineDeps } from './pipeline.js';
import { servePve } from './pipeline.js';
import { createRequestRecord } from './request-record.js';
import { createTaskRunner } from './task-runner.js';
import type { ProxmoxSimulator, ProxmoxSimulatorOptions } from './types.js';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Serves one cluster of an estate as its Proxmox VE API would. Nothing listens before `listen`. */
export function createProxmoxSimulator(options: ProxmoxSimulatorOptions): ProxmoxSimulator {
  const deps = assemble(options);
  const { tls = 'self-signed' } = options;
  const { certificate, privateKey } = typeof tls === 'string' ? createCertificate(tls) : tls;
  const server = createServer({ key: privateKey, cert: certificate, keepAliveTimeout: 60_000 });
  deps.consoles.attach(server, (method, headers) => deps.authentication.identify(method, headers));
  server.on('request', (request, response) => {
    servePve(deps, request, response).catch((error: unknown) => {
      // The client went away, or a mistake in the simulator: the latter must be seen, not look like a hanging cluster.
      if (!response.headersSent) send(response, scripted(500, `simulator failed: ${String(error)}`, undefined));
    });
  });
  let port = 0;
  let boundHost = '127.0.0.1';

  return {
    state: options.cluster,
    get url() {
      return port === 0 ? '' : `https://${boundHost.includes(':') ? `[${boundHost}]` : boundHost}:${port}`;
    },
    get port() {
      return port;
    },
    certificate,
    ...DEFAULT_ACCOUNT,
    counters: deps.record.counters,
    resetCounters: () => deps.record.reset(),
    requestLog: deps.record.log,
    faults: { add: (fault) => deps.faults.add(fault), clear: () => deps.faults.clear() },
    async listen(wanted = 0, host = '127.0.0.1') {
      if (!LOOPBACK.has(host)) {
        throw new Error(`The Proxmox simulator has well-known secrets and binds loopback only; ${host} is refused.`);
      }
      boundHost = host;
      port = await new Promise<number>((resolve, reject) => {
        server.once('error', reject);
        server.listen(wanted, host, () => {
          server.off('error', reject);
          const address = server.address();
          resolve(typeof address === 'object' && address !== null ? address.port : wanted);
        });
      });
      return port;
    },
    consoles: deps.consoles.all,
    async close() {
      port = 0;
      deps.consoles.close();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function assemble(options: ProxmoxSimulatorOptions): PipelineDeps {
  const { cluster } = options;
  const nowMs = options.now ?? (() => Date.now());
  const nowS = (): number => nowMs() / 1000;
  const preset = options.acl ?? 'full';
  const access = createAccessBook({
    users: [defaultUser(preset, cluster.profile), ...(options.users ?? [])],
    groups: options.groups ?? {},
    poolOf: (vmid) => cluster.guests.get(vmid)?.pool ?? '',
    vmids: () => [...cluster.guests.keys()],
    roles: { ...presetRoles(preset, cluster.profile), ...options.roles },
    profile: () => cluster.profile,
  });
  return {
    cluster,
    nowS,
    hashOrder: createRandom(options.hashSeed ?? 3),
    faults: createFaultBook(createRandom(1)),
    record: createRequestRecord(),
    latency: latencySource(options.latencyMs ?? 0),
    localNode: () => options.answeringNode ?? cluster.nodes.find((node) => node.online)?.name ?? '',
    tasks: createTaskRunner(cluster, nowS, options.taskDurationMs ?? 1000),
    access,
    consoles: createConsoleOffice(),
    authentication: createAuthentication({
      access,
      nowS,
      ticketTtlS: options.ticketTtlS ?? 7200,
    }),
  };
}

function latencySource(latencyMs: number | readonly [number, number]): () => number {
  if (typeof latencyMs === 'number') return () => latencyMs;
  const [from, to] = latencyMs;
  const random = createRandom(2);
  return () => random.int(from, to);
}
