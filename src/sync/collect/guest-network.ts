/** What a guest says of its own network: the guest agent of QEMU machines, the interface list of containers. */
import { errorText, toProxboxError } from '../../errors/proxbox-error.js';
import { normaliseHostName, tellsInterface } from '../../proxmox/parse/guest-interfaces.js';
import { parseAgentFlag } from '../../proxmox/parse/guest-config.js';
import { readAgentHostName, readAgentInterfaces, type AgentProblem } from '../../proxmox/reads/agent.js';
import { readContainerInterfaces } from '../../proxmox/reads/guests.js';
import type { GuestConfig } from '../../proxmox/types.js';
import type { RunContext } from '../run-context.js';
import { readFromCluster } from './proxmox.js';
import { describeGuest, type GuestNetwork, type HostName, type ListedGuest } from '../guests.js';

/** The interfaces as the guest sees them, asked once per run. Throws only what concerns more than this guest. */
export function readGuestNetwork(run: RunContext, guest: ListedGuest, config: GuestConfig): Promise<GuestNetwork> {
  return run.guestReads.network(guest, () =>
    guest.resource.type === 'qemu' ? askAgent(run, guest, config) : askContainer(run, guest),
  );
}

async function askAgent(run: RunContext, guest: ListedGuest, config: GuestConfig): Promise<GuestNetwork> {
  const { resource, cluster } = guest;
  const subject = describeGuest(guest);
  if (!parseAgentFlag(config['agent'])) {
    const message = `${subject}: the QEMU guest agent is not enabled in its configuration, so its addresses are not known. Enable it with: qm set ${resource.vmid} --agent enabled=1`;
    return { status: 'untold', reason: { code: 'agent_disabled', message }, isProblem: false };
  }
  if (!isRunning(guest)) return stopped(subject);
  const answer = await readFromCluster(run, cluster, (session) =>
    readAgentInterfaces(session, resource, agentOptions(run)),
  );
  if (answer.status === 'answered') return { status: 'told', interfaces: answer.value };
  return explain(subject, answer.problem);
}

async function askContainer(run: RunContext, guest: ListedGuest): Promise<GuestNetwork> {
  const { resource, cluster } = guest;
  if (!isRunning(guest)) return stopped(describeGuest(guest));
  try {
    const interfaces = await readFromCluster(run, cluster, (session) =>
      readContainerInterfaces(session, resource, { signal: run.signal }),
    );
    return tellsInterface(interfaces) ? { status: 'told', interfaces } : withoutAddresses(describeGuest(guest));
  } catch (error) {
    run.signal.throwIfAborted();
    const message = `${describeGuest(guest)}: its interfaces cannot be read: ${errorText(toProxboxError(error))}`;
    return { status: 'untold', reason: { code: 'agent_failed', message }, isProblem: true };
  }
}

/** The name the guest gives itself; asked only where somebody needs it, as it is a request of its own. */
export function readHostName(run: RunContext, guest: ListedGuest, config: GuestConfig): Promise<HostName> {
  const { resource, cluster } = guest;
  return run.guestReads.hostName(guest, async () => {
    if (resource.type === 'lxc') {
      const name = config['hostname'];
      return { status: 'told', name: normaliseHostName(typeof name === 'string' ? name : null) };
    }
    if (!isRunning(guest) || !parseAgentFlag(config['agent'])) return { status: 'untold' };
    const answer = await readFromCluster(run, cluster, (session) =>
      readAgentHostName(session, resource, agentOptions(run)),
    );
    return answer.status === 'answered' ? { status: 'told', name: answer.value } : { status: 'untold' };
  });
}

function isRunning({ resource }: ListedGuest): boolean {
  return resource.isDescribed && resource.status === 'running';
}

function agentOptions(run: RunContext) {
  return { signal: run.signal, timeoutMs: run.settings.values.guestAgentTimeoutS * 1000 };
}

function stopped(subject: string): GuestNetwork {
  const message = `${subject} does not run, so its addresses are not known; stored ones stay.`;
  return { status: 'untold', reason: { code: 'guest_stopped', message }, isProblem: false };
}

function withoutAddresses(subject: string): GuestNetwork {
  const message = `${subject} answered without any interface, as it does while it starts; stored addresses stay. If it lasts, look at the network inside the container.`;
  return { status: 'untold', reason: { code: 'no_addresses', message }, isProblem: false };
}

function explain(subject: string, { code, message, severity }: AgentProblem): GuestNetwork {
  return { status: 'untold', reason: { code, message: `${subject}: ${message}` }, isProblem: severity !== 'info' };
}
