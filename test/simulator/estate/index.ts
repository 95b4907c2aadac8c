/** The seeded estate: data only, no sockets. The Proxmox simulator serves it, tests change it. */
export { createEstate } from './create-estate.js';
export type { EstateOptions } from './create-estate.js';
export { exampleEstate } from './example-estate.js';
export { createFixtureEstate } from './fixture/index.js';
export { isoSeconds } from './generate-storage.js';
export { budgetGuest } from './guest-shape.js';
export type { GuestShape } from './guest-shape.js';
export * from './mutations.js';
export { hashText } from './numbering.js';
export { createRandom } from './random.js';
export type { Random } from './random.js';
export type {
  Estate,
  EstateCluster,
  EstateFirewall,
  EstateGuest,
  EstateNode,
  EstateSdn,
  EstateStorage,
  EstateTask,
  EstateVolume,
  GuestKind,
  PveProfile,
  PveRow,
} from './types.js';
export { formatUpid } from './upid.js';
