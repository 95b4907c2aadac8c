import type { SimulatedRequest } from '../../http/types.js';
import type { TokenRecord } from '../tokens.js';
import type { KindSpec } from '../types.js';
import type { World } from '../world.js';

/** One authenticated request on its way through the API. */
export interface ApiCall {
  readonly request: SimulatedRequest;
  readonly world: World;
  readonly token: TokenRecord;
  /** Largest page, 0 for no limit. */
  readonly maxPageSize: number;
  /** Whether a fault stands for the missing permission to add objects here, so that OPTIONS tells the same. */
  readonly isAddingRefused: boolean;
}

/** A call on the list or detail address of a kind. */
export interface KindCall extends ApiCall {
  readonly kind: KindSpec;
}
