/** Plays the scenes of `trial.ts` for every service and size in turn, and writes docs/performance.md from what was counted. */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { runCommand, UsageError } from '../../src/cli/exit-status.js';
import { readArguments } from '../demo/estate-arguments.js';
import { pythonService, thisService, type Contender } from './contenders.js';
import type { Comparison, Result } from './comparison.js';
import { measureFloor, type Floor } from './floor.js';
import { tablesOf, writePage } from './performance-page.js';
import { openRealNetBox, type RealNetBox } from './real-netbox.js';
import { play, scenes, type Figures, type Scene, type Trial } from './trial.js';

const usage =
  'npm run bench -- [--guests 20,100,1000] [--widths 1,4] [--against python] [--python-guests 20] [--runs N] [--write]';

const options = {
  guests: { type: 'string', default: '20,100' },
  widths: { type: 'string', default: '1,4' },
  against: { type: 'string', default: '' },
  'python-guests': { type: 'string', default: '20' },
  runs: { type: 'string', default: '1' },
  write: { type: 'boolean', default: false },
} as const;

async function compare(): Promise<number> {
  const values = readArguments(options, usage);
  if (values.against !== '' && values.against !== 'python')
    throw new UsageError(`--against can only be python, not "${values.against}".\nUsage: ${usage}`);
  const sizes = numbersOf('--guests', values.guests);
  const widths = numbersOf('--widths', values.widths);
  const pythonSizes = values.against === 'python' ? numbersOf('--python-guests', values['python-guests']) : [];
  const [runs = 1] = numbersOf('--runs', values.runs);

  const netbox = openRealNetBox();
  const measured: Measured[] = [];
  for (const guests of sizes) {
    const contenders = widths.map(thisService);
    if (pythonSizes.includes(guests)) contenders.push(pythonFromEnvironment());
    measured.push(await measure({ guests, contenders, runs, netbox }));
  }
  const comparison: Comparison = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores, Node.js ${process.versions.node}`,
    netbox: netbox.version,
    plugin: netbox.plugin,
    runs,
    results: measured.flatMap(({ results }) => results),
    floors: measured.map(({ floor }) => floor),
  };
  process.stdout.write(`${tablesOf(comparison)}\n`);
  if (values.write) {
    await writeFile('docs/performance.json', `${JSON.stringify(comparison, null, 2)}\n`);
    await writePage(comparison);
  }
  return 0;
}

interface Measured {
  readonly results: readonly Result[];
  readonly floor: Floor & { readonly guests: number };
}

interface Sitting {
  readonly guests: number;
  /** The first one's first run is what the floor is measured with. */
  readonly contenders: readonly Contender[];
  readonly runs: number;
  readonly netbox: RealNetBox;
}

/** Each service in turn, so that what else the machine does meets all of them. */
async function measure({ guests, contenders, runs, netbox }: Sitting): Promise<Measured> {
  const trials = new Map<Contender, Trial[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < runs; round += 1)
    for (const [contender, played] of trials) played.push(await play(contender, guests, netbox));
  const [plain] = [...trials.values()].flat();
  if (plain === undefined) throw new Error('Nothing was played.');
  return {
    results: [...trials].map(([contender, played]) => medianOf(contender, guests, played)),
    floor: { guests, ...(await measureFloor(plain, netbox)) },
  };
}

function pythonFromEnvironment(): Contender {
  const { BENCH_PYTHON, BENCH_PYTHON_SERVICE } = process.env;
  if (BENCH_PYTHON === undefined || BENCH_PYTHON_SERVICE === undefined)
    throw new Error('The Python service is not installed: run this with "npm run bench -- --against python".');
  return pythonService(BENCH_PYTHON, BENCH_PYTHON_SERVICE);
}

function numbersOf(name: string, text: string): readonly number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number > 0)) return numbers;
  throw new UsageError(`${name} must be whole numbers above 0, separated by commas, not "${text}".\nUsage: ${usage}`);
}

function medianOf({ name, version }: Contender, guests: number, trials: readonly Trial[]): Result {
  const figures: Partial<Record<Scene, Figures>> = {};
  for (const scene of scenes) {
    const played = trials.flatMap((trial) => trial.scenes[scene] ?? []);
    if (played.length > 0) figures[scene] = medianFigures(played);
  }
  return {
    guests,
    service: name,
    version,
    scenes: figures,
    get_ms: {
      busy: middle(trials.map(({ get_ms }) => get_ms.busy)),
      idle: middle(trials.map(({ get_ms }) => get_ms.idle)),
    },
  };
}

function medianFigures(played: readonly Figures[]): Figures {
  const of = (read: (figures: Figures) => number): number => middle(played.map(read));
  return {
    requests: of(({ requests }) => requests),
    writes: of(({ writes }) => writes),
    change_rows: of(({ change_rows }) => change_rows),
    netbox_mb: of(({ netbox_mb }) => netbox_mb),
    netbox_cpu_s: of(({ netbox_cpu_s }) => netbox_cpu_s),
    own_cpu_s: of(({ own_cpu_s }) => own_cpu_s),
    memory_mib: of(({ memory_mib }) => memory_mib),
    seconds: of(({ seconds }) => seconds),
  };
}

/** The median, to two decimals. */
function middle(numbers: readonly number[]): number {
  const value = numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
  return Math.round(value * 100) / 100;
}

await runCommand(compare);
