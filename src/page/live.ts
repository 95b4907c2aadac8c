/** What the frames of a run tell of how far it is. Pure. */
import type { Frame } from './api.js';

export interface Live {
  /** Of the stage that runs; empty before the first one. */
  readonly stage: string;
  /** It is the so-manieth. */
  readonly number: number;
  /** 0: nobody said. */
  readonly stages: number;
  /** As its frames call it; empty until it knows what it is about. */
  readonly phase: string;
  /** Objects of the stage. */
  readonly current: number;
  /** 0: nobody knows yet. */
  readonly total: number;
  /** The newest sentence. */
  readonly message: string;
  /** How often a stage, or the run, has ended. */
  readonly news: number;
}

export const notBegun: Live = {
  ...{ stage: '', phase: '', number: 0, stages: 0 },
  ...{ current: 0, total: 0, message: '', news: 0 },
};

interface Told {
  readonly step?: string;
  readonly phase?: string;
  readonly status?: string;
  readonly message?: string;
  readonly count?: number;
  readonly progress?: { readonly current?: number; readonly total?: number };
}

const isTold = (data: unknown): data is Told => typeof data === 'object' && data !== null;

/** Before the first stage. */
const beginnings: ReadonlySet<string> = new Set(['stream', 'full-update']);

type Change = (live: Live, told: Told) => Partial<Live>;

const changes: Readonly<Record<string, Change>> = {
  step: afterStep,
  discovery: (_live, { phase = '', count = 0 }) =>
    phase === 'full-update' ? { stages: count } : { phase, total: count },
  item_progress: progressIn,
  substep: () => ({}),
  phase_summary: () => ({}),
  complete: ({ news }) => ({ news: news + 1 }),
};

export function after(live: Live, { event, data }: Frame): Live {
  const change = changes[event];
  if (change === undefined || !isTold(data)) return live;
  // Who comes late is told the newest object, which may be of the stage before.
  if (event === 'item_progress' && data.phase !== live.phase) return live;
  return { ...live, message: data.message ?? live.message, ...change(live, data) };
}

function afterStep({ number, news }: Live, { step = '', status }: Told): Partial<Live> {
  if (beginnings.has(step)) return {};
  if (status === 'started') return { stage: step, phase: '', number: number + 1, current: 0, total: 0 };
  return status === 'progress' ? {} : { news: news + 1 };
}

/** Notes come without numbers. */
function progressIn({ current }: Live, { progress = {} }: Told): Partial<Live> {
  if (progress.total === undefined || progress.total === 0) return {};
  return { current: progress.current ?? current, total: progress.total };
}
