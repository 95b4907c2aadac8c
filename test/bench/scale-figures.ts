/** What `bench:scale` measures of a run, and of an estate. */

/** One full update. MiB and processor time are the service's alone. */
export interface ScaleRun {
  readonly requests: number;
  readonly writes: number;
  readonly proxmoxRequests: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly residentMiB: number;
  readonly heapMiB: number;
  /** Processor time between two looks of the event loop, collections included. */
  readonly longestSliceMs: number;
  /** Slices over 100 ms. */
  readonly longSlices: number;
  readonly longestHealthMs: number;
}

/** All numbers are of the whole estate. */
export interface ScaleSize {
  readonly guests: number;
  readonly clusters: number;
  readonly nodes: number;
  readonly tasks: number;
  /** The memory that the service was started for; 0: no limit. */
  readonly containerMb: number;
  readonly runs: readonly ScaleRun[];
}
