/** A stateful double of the Proxmox VE API over HTTPS, for tests and the demo. It shares no code with the product. */
export { createProxmoxSimulator } from './simulator.js';
export { startProxmoxSimulators } from './start-simulators.js';
export type { StartedProxmox, StartOptions } from './start-simulators.js';
export type { AclPreset, CertificateKind, FaultAction, ProxmoxSimulator, ProxmoxSimulatorOptions } from './types.js';
