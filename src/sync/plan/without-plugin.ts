/** Says once that NetBox has no table for what a stage writes. Pure. */
import type { PlanBuilder } from './plan-builder.js';

export function warnWithoutPlugin(builder: PlanBuilder, what: string): void {
  builder.warn({
    code: 'plugin_route_missing',
    message: `${what} have no place in this NetBox: the netbox-proxbox plugin is not installed. They were not read.`,
  });
}
