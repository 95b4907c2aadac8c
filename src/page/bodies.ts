/** What the routes answer, as the page reads it: the types of the routes themselves, where they have some. */
import type {
  Explanation as ExplanationSchema,
  FoundMachines as FoundMachinesSchema,
} from '../http/routes/explain-bodies.js';
import type { Drift as DriftSchema, EndpointDrift as EndpointDriftSchema } from '../http/routes/drift-bodies.js';
import type { NetBoxPressure as NetBoxPressureSchema } from '../http/routes/netbox-pressure-bodies.js';
import type { Plan as PlanSchema, WholePlan as WholePlanSchema } from '../http/routes/plan-bodies.js';
import type { z } from 'zod';
import type { LogEntry } from '../telemetry/log-entry.js';
import type {
  Comparison as ComparisonSchema,
  Item as ItemSchema,
  Run as RunSchema,
  RunWithStages,
  Stage as StageSchema,
} from '../http/routes/run-bodies.js';

export type Run = z.infer<typeof RunSchema>;
export type Stage = z.infer<typeof StageSchema>;
export type WholeRun = z.infer<typeof RunWithStages>;
export type Item = z.infer<typeof ItemSchema>;
export type Comparison = z.infer<typeof ComparisonSchema>;
export type Plan = z.infer<typeof PlanSchema>;
export type Drift = z.infer<typeof DriftSchema>;
export type EndpointDrift = z.infer<typeof EndpointDriftSchema>;
export type NetBoxPressure = z.infer<typeof NetBoxPressureSchema>;
export type Explanation = z.infer<typeof ExplanationSchema>;
export type FoundMachines = z.infer<typeof FoundMachinesSchema>;
export type WholePlan = z.infer<typeof WholePlanSchema>;

export type { NetBoxDoctorReport as NetBoxReport } from '../netbox-doctor/types.js';
export type { DoctorReport, EndpointReport } from '../proxmox-doctor/types.js';
export type { Problem as Finding } from '../doctor/problem.js';
export type { LogEntry } from '../telemetry/log-entry.js';

export interface ProxmoxEndpoint {
  readonly id: number;
  readonly name: string;
  readonly enabled: boolean;
}

/** Every word of a union, which the compiler counts. */
const words = <Word extends string>(all: Readonly<Record<Word, true>>): readonly string[] => Object.keys(all);

export const runStatuses = words<Run['status']>({
  running: true,
  completed: true,
  partial: true,
  failed: true,
  cancelled: true,
  interrupted: true,
});
export const triggers = words<Run['trigger']>({ plugin: true, api: true, cli: true, schedule: true, page: true });
export const itemOutcomes = words<Item['outcome']>({
  failed: true,
  skipped: true,
  created: true,
  updated: true,
  deleted: true,
});
export const logLevels = words<LogEntry['level']>({
  DEBUG: true,
  INFO: true,
  WARNING: true,
  ERROR: true,
  CRITICAL: true,
});
