/** What the agents of QEMU guests say of the interfaces inside. */
import { mapInTurns } from '../../../config/breathe.js';
import { counted } from '../../../values/short-text.js';
import { errorText, toProxboxError } from '../../../errors/proxbox-error.js';
import { readGuestNetwork } from '../../collect/guest-network.js';
import type { ReasonCode } from '../../reasons.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { describeGuest, type GuestNetwork, type LocatedConfig } from '../../guests.js';
import { machineName, type KnownGuest } from '../../plan/roster.js';

type AskedGuest = KnownGuest & LocatedConfig;
type Untold = Extract<GuestNetwork, { status: 'untold' }>;

/**
 * Aligned with the guests; undefined where nobody asks: containers (their interfaces are the devices), templates, and
 * runs that have no use for the answer. Adds one warning per endpoint and reason.
 */
export async function readNetworks(
  run: RunContext,
  guests: readonly AskedGuest[],
  warnings: Warning[],
): Promise<readonly (GuestNetwork | undefined)[]> {
  const { strategy, useGuestAgentInterfaceName } = run.options.network;
  const isNeeded = strategy === 'legacy_rename' ? useGuestAgentInterfaceName : run.capabilities.proxboxPlugin;
  const answers = await mapInTurns(guests, (guest) => (isNeeded ? ask(run, guest) : undefined));
  warnings.push(...summarise(guests, answers));
  return answers;
}

async function ask(run: RunContext, guest: AskedGuest): Promise<GuestNetwork | undefined> {
  const { resource, config } = guest;
  if (resource.type !== 'qemu' || !resource.isDescribed || resource.template || config.status !== 'read')
    return undefined;
  try {
    return await readGuestNetwork(run, guest, config.config);
  } catch (error) {
    run.signal.throwIfAborted();
    const message = `${describeGuest(guest)}: ${errorText(toProxboxError(error))}`;
    return { status: 'untold', reason: { code: 'endpoint_unreachable', message }, isProblem: true };
  }
}

interface Silence {
  readonly first: AskedGuest;
  readonly answer: Untold;
  readonly guests: AskedGuest[];
}

function summarise(guests: readonly AskedGuest[], answers: readonly (GuestNetwork | undefined)[]): readonly Warning[] {
  const silences = new Map<string, Silence>();
  for (const [index, answer] of answers.entries()) {
    const guest = guests[index];
    if (guest === undefined || answer?.status !== 'untold') continue;
    const key = `${guest.cluster.view.key} ${answer.reason.code}`;
    const silence = silences.get(key) ?? { first: guest, answer, guests: [] };
    silence.guests.push(guest);
    silences.set(key, silence);
  }
  return [...silences.values()].map(toWarning);
}

const causes: Partial<Record<ReasonCode, string>> = {
  agent_disabled:
    'the QEMU guest agent is not enabled in the configuration. Enable it with: qm set <vmid> --agent enabled=1',
  guest_stopped: 'the guests do not run.',
};

function toWarning({ first, answer, guests }: Silence): Warning {
  const { view } = first.cluster;
  const { code, message } = answer.reason;
  const prefix = `${describeGuest(first)}: `;
  const said = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  const names = guests.map((guest) => `${guest.resource.vmid} "${machineName(guest)}"`);
  const where = `endpoint "${view.owner.endpointName}" (cluster "${view.name}")`;
  return {
    code,
    message: `What runs inside of ${counted('QEMU guest', names)} of ${where} is not known and stays as it is stored: ${causes[code] ?? said}`,
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  };
}
