import { afterAll } from 'vitest';
import { createNetBoxSimulator, type NetBoxSimulator } from '../../simulator/netbox/index.js';
import { describeNetBoxContract } from './contract.js';
import type { NetBoxTarget } from './target.js';

const tokens = {
  v1: 'a1'.repeat(20),
  v2Key: 'TestKey00001',
  v2: 'b2'.repeat(20),
  disabled: 'c3'.repeat(20),
  expired: 'd4'.repeat(20),
  readOnly: 'e5'.repeat(20),
  foreignAddress: 'f6'.repeat(20),
};

const open: NetBoxSimulator[] = [];

async function startSimulator(): Promise<NetBoxTarget> {
  const simulator = createNetBoxSimulator({
    tokens: [
      { version: 1, secret: tokens.v1 },
      { version: 2, key: tokens.v2Key, secret: tokens.v2 },
      { version: 1, secret: tokens.disabled, enabled: false },
      { version: 1, secret: tokens.expired, expires: '2020-01-01T00:00:00Z' },
      { version: 1, secret: tokens.readOnly, write: false },
      { version: 1, secret: tokens.foreignAddress, allowedIps: ['192.0.2.0/24'] },
    ],
  });
  open.push(simulator);
  return { url: await simulator.listen(), tokens };
}

afterAll(() => Promise.all(open.map((simulator) => simulator.close())));

describeNetBoxContract('the NetBox simulator', startSimulator);
