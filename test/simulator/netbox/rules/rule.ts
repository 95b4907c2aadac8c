import type { Row } from '../types.js';
import type { Change, World } from '../world.js';

/** What is special about one kind. Every part is optional; throwing `Invalid` or `ApiFailure` refuses the change. */
export interface Rule {
  /** Runs before the model's own checks; may complete the draft. */
  readonly validate?: (change: Change) => void;
  /** The model's own checks. */
  readonly clean?: (change: Change) => void;
  /** Adjusts the draft just before it is stored. */
  readonly beforeSave?: (change: Change) => void;
  readonly afterSave?: (change: Change, row: Row) => void;
  readonly afterDelete?: (world: World, row: Row) => void;
}
