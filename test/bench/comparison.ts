/** The figures of one call of `npm run bench`. */
import type { Floor } from './floor.js';
import type { Figures, Scene, Trial } from './trial.js';

/** What was counted of one service at one size: the medians of its runs. */
export interface Result {
  readonly guests: number;
  readonly service: string;
  readonly version: string;
  readonly scenes: Readonly<Partial<Record<Scene, Figures>>>;
  readonly get_ms: Trial['get_ms'];
}

/** The raw figures of one call of the command: docs/performance.json. */
export interface Comparison {
  readonly date: string;
  readonly machine: string;
  readonly netbox: string;
  readonly plugin: string;
  readonly runs: number;
  readonly results: readonly Result[];
  /** By size: what creating the same objects costs at least. */
  readonly floors: readonly (Floor & { readonly guests: number })[];
}
