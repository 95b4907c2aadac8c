/** One stored endpoint, a simulated Proxmox behind it, and the application on a real socket. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DoctorReport } from '../../../src/proxmox-doctor/types.js';
import { createFixtureEstate } from '../../simulator/estate/index.js';
import {
  createProxmoxSimulator,
  type ProxmoxSimulator,
  type ProxmoxSimulatorOptions,
} from '../../simulator/proxmox/index.js';
import { requestLimitS } from '../../support/limits.js';
import { anApp, type Fixture } from './app-fixture.js';

export interface DoctorWorld extends Fixture {
  readonly simulator: ProxmoxSimulator;
  readonly examine: (query?: string) => Promise<{ readonly status: number; readonly report: DoctorReport }>;
}

export interface DoctorWorldOptions extends Omit<ProxmoxSimulatorOptions, 'cluster'> {
  /** `lab`: Proxmox VE 8.4, its node pve3 is offline. `edge`: 9.1. */
  readonly cluster?: 'lab' | 'edge';
  /** All nodes are up; default true. */
  readonly allOnline?: boolean;
  /** The certificate is trusted as an authority; default false. */
  readonly trusted?: boolean;
  readonly endpoint?: (simulator: ProxmoxSimulator) => Readonly<Record<string, unknown>>;
}

export const byToken = ({ tokenName, tokenValue }: ProxmoxSimulator) => ({
  token_name: tokenName,
  token_value: tokenValue,
});

/** The endpoint logs in with the password unless `endpoint` says otherwise. */
export async function aDoctorWorld(options: DoctorWorldOptions = {}): Promise<DoctorWorld> {
  const { cluster: name = 'lab', allOnline = true, trusted = false, endpoint, ...rest } = options;
  const cluster = createFixtureEstate().clusters.find((one) => one.name === name)!;
  if (allOnline) for (const node of cluster.nodes) node.online = true;
  const simulator = createProxmoxSimulator({ acl: 'read-only', ...rest, cluster });
  await simulator.listen();
  const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-doctor-'));
  const caFile = path.join(folder, 'ca.pem');
  writeFileSync(caFile, simulator.certificate);
  const fixture = await anApp({
    variables: trusted ? { PROXBOX_CA_BUNDLE: caFile } : {},
    cleanup: async () => {
      await simulator.close();
      rmSync(folder, { recursive: true });
    },
  });
  const own = endpoint?.(simulator) ?? {};
  const payload = {
    name: name,
    ip_address: '127.0.0.1',
    port: simulator.port,
    username: simulator.username,
    verify_ssl: false,
    timeout: requestLimitS,
    ...('token_name' in own ? {} : { password: simulator.password }),
    ...own,
  };
  const url = await fixture.app.listen({ port: 0, host: '127.0.0.1' });
  const headers = { ...fixture.headers, 'content-type': 'application/json' };
  const stored = await fetch(`${url}/proxmox/endpoints`, { method: 'POST', headers, body: JSON.stringify(payload) });
  if (!stored.ok) throw new Error(await stored.text());
  return {
    ...fixture,
    simulator,
    examine: async (query = '') => {
      const answer = await fetch(`${url}/proxmox/doctor${query}`, { headers: fixture.headers });
      return { status: answer.status, report: (await answer.json()) as DoctorReport };
    },
  };
}

/** What is the same on every run: ports and certificates are not. */
export function steady(text: string, simulator: ProxmoxSimulator): string {
  return text
    .replaceAll(`:${simulator.port}`, ':<port>')
    .replaceAll(`port ${simulator.port};`, 'port <port>;')
    .replaceAll(`"port": ${simulator.port}`, '"port": "<port>"')
    .replace(/[0-9A-F]{2}(:[0-9A-F]{2}){31}/g, '<fingerprint>');
}
