/** What the QEMU guest agent says. A failure costs only the addresses of that guest, so it is a value, not an exception. */
import { ProxboxError } from '../../errors/proxbox-error.js';
import { path } from '../host.js';
import {
  parseAgentError,
  parseAgentHostName,
  parseAgentInterfaces,
  tellsInterface,
} from '../parse/guest-interfaces.js';
import { agentPrivilege } from '../privileges.js';
import { extendRoleCommand } from '../pveum.js';
import type { ProxmoxSession, ReadOptions } from '../types.js';

export type AgentProblemCode =
  'agent_not_running' | 'agent_disabled' | 'agent_timeout' | 'agent_failed' | 'no_addresses' | 'privilege_missing';

export interface AgentProblem {
  readonly code: AgentProblemCode;
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
}

export type AgentAnswer<T> =
  | { readonly status: 'answered'; readonly value: T }
  | { readonly status: 'unavailable'; readonly problem: AgentProblem };

interface AgentGuest {
  readonly node: string;
  readonly vmid: number;
}

type AgentSession = Pick<ProxmoxSession, 'get' | 'version'>;
type AgentOptions = ReadOptions & { readonly timeoutMs: number };

/**
 * `agent/network-get-interfaces` of a running QEMU guest whose configuration has the agent enabled. Throws only
 * `cancelled`, and what concerns more than this guest: endpoint or node unreachable, login refused. An answer without
 * any interface is none: the agent of a guest that boots, or that may not tell, answers 200 as well.
 */
export async function readAgentInterfaces(
  session: AgentSession,
  guest: AgentGuest,
  options: AgentOptions,
): Promise<AgentAnswer<ReturnType<typeof parseAgentInterfaces>>> {
  const below = path`nodes/${guest.node}/qemu/${guest.vmid}/agent/network-get-interfaces`;
  const answer = await askAgent(session, below, options, (payload) => payload);
  return answer.status === 'answered' ? whatIsTold(answer.value) : answer;
}
function whatIsTold(payload: unknown): AgentAnswer<ReturnType<typeof parseAgentInterfaces>> {
  const complaint = parseAgentError(payload);
  if (complaint !== null) return { status: 'unavailable', problem: agentComplaint(complaint) };
  const value = parseAgentInterfaces(payload);
  return tellsInterface(value)
    ? { status: 'answered', value }
    : { status: 'unavailable', problem: agentProblems.noAddresses };
}

/** `agent/get-host-name`; null when the guest calls itself `localhost`. Same rules as readAgentInterfaces. */
export async function readAgentHostName(
  session: AgentSession,
  guest: AgentGuest,
  options: AgentOptions,
): Promise<AgentAnswer<ReturnType<typeof parseAgentHostName>>> {
  const below = path`nodes/${guest.node}/qemu/${guest.vmid}/agent/get-host-name`;
  return askAgent(session, below, options, parseAgentHostName);
}
async function askAgent<T>(
  session: AgentSession,
  below: string,
  options: AgentOptions,
  parse: (answer: unknown) => T,
): Promise<AgentAnswer<T>> {
  try {
    return { status: 'answered', value: parse(await session.get(below, options)) };
  } catch (error) {
    const problem = error instanceof ProxboxError ? agentProblem(error, session.version.release) : null;
    if (problem === null) throw error;
    return { status: 'unavailable', problem };
  }
}
/** null when the failure is not the guest's own. */
function agentProblem(error: ProxboxError, release: string): AgentProblem | null {
  if (error.code === 'proxmox_forbidden') return privilegeProblem(release);
  if (error.code === 'proxmox_timeout') return agentProblems.timeout;
  if (error.code !== 'proxmox_error') return null;
  // Proxmox answers 500 for all of these; the reason phrase is the only difference.
  const reason = (error.upstream?.statusText ?? '').slice(0, 500);
  if (/guest agent is not running/i.test(reason)) return agentProblems.notRunning;
  if (/no qemu guest agent configured|agent.{0,100}not enabled/i.test(reason)) return agentProblems.disabled;
  if (/got timeout|timed out|timeout/i.test(reason)) return agentProblems.timeout;
  return { code: 'agent_failed', severity: 'warning', message: `Guest-agent fetch failed: ${reason || error.message}` };
}
const agentProblems = {
  notRunning: {
    code: 'agent_not_running',
    severity: 'info',
    message: 'QEMU guest agent is not running in the VM.',
  },
  disabled: {
    code: 'agent_disabled',
    severity: 'info',
    message: 'QEMU guest agent is not enabled in VM config.',
  },
  noAddresses: {
    code: 'no_addresses',
    severity: 'info',
    message:
      'The QEMU guest agent answered without any interface, as it does while the guest starts; stored addresses stay. If it lasts, look at the network inside the guest.',
  },
  timeout: {
    code: 'agent_timeout',
    severity: 'warning',
    message:
      'The QEMU guest agent did not answer in time; raise PROXBOX_GUEST_AGENT_TIMEOUT if the guest is only slow.',
  },
} as const satisfies Record<string, AgentProblem>;
function agentComplaint(text: string): AgentProblem {
  const message = `The QEMU guest agent answered with an error: ${text.slice(0, 300)}. Stored addresses stay. Inside the guest, update the agent and let it run guest-network-get-interfaces (block-rpcs or allow-rpcs in the configuration of qemu-ga).`;
  return { code: 'agent_failed', severity: 'warning', message };
}
function privilegeProblem(release: string): AgentProblem {
  const privilege = agentPrivilege(release);
  const command = extendRoleCommand([privilege]);
  const byRelease = `Proxmox 9 and later: ${agentPrivilege('9')}, Proxmox 8: ${agentPrivilege('8')}`;
  const message = `Proxmox refused the guest agent: the privilege ${privilege} is missing (${byRelease}). Grant it, e.g. ${command}`;
  return { code: 'privilege_missing', severity: 'error', message };
}
