/** Every cluster and node in scope against what NetBox has. Pure. */
import type { KnownIds } from '../../plan/diff-object.js';
import { planInfrastructure } from '../../plan/infrastructure.js';
import type { InfrastructureInput } from '../../plan/infrastructure-types.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import type { Plan } from '../../types.js';

export function planDevicesStage(input: InfrastructureInput, supportIds: KnownIds): Plan {
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: bootstrapOnlyTag(supportIds) });
  planInfrastructure(builder, input);
  return builder.build('devices');
}
