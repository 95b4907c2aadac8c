import type { AgentInterface, EstateGuest, GuestKind } from './types.js';

/** A guest written by hand: what matters is given, the rest is ordinary. */
export interface GuestDraft extends Partial<Omit<EstateGuest, 'agent' | 'vmid' | 'type' | 'node'>> {
  readonly vmid: number;
  readonly type?: GuestKind;
  readonly node: string;
  readonly agent?: Partial<EstateGuest['agent']>;
}

/** Defaults: a running QEMU guest, 1 CPU, 1 GiB, no disks, no network, agent off, started a day before `epochS`. */
export function makeGuest(epochS: number, draft: GuestDraft): EstateGuest {
  const { agent, ...given } = draft;
  const interfaces: readonly AgentInterface[] = agent?.interfaces ?? [];
  return {
    type: 'qemu',
    name: `guest-${draft.vmid}`,
    status: 'running',
    template: false,
    cpus: 1,
    memoryMb: 1024,
    tags: '',
    description: '',
    pool: '',
    lock: '',
    startedAtS: epochS - 86_400,
    containerInterfaces: [],
    ...given,
    // Copies: a draft may be a constant, and tests change what they are given.
    config: { ...given.config },
    snapshots: copySnapshots(given.snapshots ?? []),
    agent: { state: 'off', hostName: '', delayMs: 0, ...agent, interfaces },
  };
}

function copySnapshots(snapshots: EstateGuest['snapshots']): EstateGuest['snapshots'] {
  return snapshots === 'unsupported' ? snapshots : snapshots.map((snapshot) => ({ ...snapshot }));
}
