/**
 * The Proxmox simulator against recordings of real servers: the recorded calls are asked again, and status, reason phrase,
 * rows and types of fields are the same, but for what left-out.ts gives a reason for. The repository holds a distillate of
 * the recordings; where they lie beside it, the distillate is compared with them, and our own parsers read every body.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setNodeStalled } from '../../simulator/estate/index.js';
import { createProxmoxSimulator } from '../../simulator/proxmox/index.js';
import { send, type Reply } from '../../component/simulator-proxmox/client.js';
import { compact, distil, textOf, type Answers, type Call, type Distillate } from './distil.js';
import { createLab, groups, rolesOf, users, type Release } from './lab.js';
import { isLeftOut, leftOut } from './left-out.js';
import { idsOf, kindOf, merged, shapeOf, type Exchange, type Shape } from './shapes.js';

const releases: readonly Release[] = ['8.4', '9.2'];
const recordings = '../shared/recordings';

const distillateOf = (release: Release): string =>
  readFileSync(new URL(`shapes/${release}.json`, import.meta.url), 'utf8');

/** What those send who are let in by no account, by the note of the recording; all others send nothing. */
const strangers = new Map<string, Record<string, string>>([
  ['wrong token value', { authorization: 'PVEAPIToken=netbox@pve!sync=wrong' }],
  ['malformed token', { authorization: 'PVEAPIToken=sync' }],
  ['unknown token', { authorization: 'PVEAPIToken=netbox@pve!nosuch=wrong' }],
  ['bearer', { authorization: 'Bearer sync' }],
  ['bad cookie', { cookie: 'PVEAuthCookie=bad' }],
]);

const headersOf = ({ as, note }: Call): Record<string, string> => {
  if (as !== 'nobody') return { authorization: `PVEAPIToken=${as}=${as}` };
  return strangers.get(note ?? '') ?? {};
};

const textsOf = (values: Readonly<Record<string, unknown>> = {}): string =>
  new URLSearchParams(
    Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();

type Answered = Omit<Call, 'as' | 'method' | 'path' | 'query' | 'form' | 'note'>;

describe.each(releases)('the simulator of Proxmox VE %s', (release) => {
  const { calls, kinds }: Distillate = JSON.parse(distillateOf(release));
  const cluster = createLab(release);
  const simulator = createProxmoxSimulator({ cluster, users, groups, roles: rolesOf(release) });
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  beforeAll(() => simulator.listen());
  afterAll(async () => {
    agent.destroy();
    await simulator.close();
  });

  const ask = (call: Call): Promise<Reply> => {
    const query = textsOf(call.query);
    const url = `${simulator.url}/api2/json${call.path}${query === '' ? '' : `?${query}`}`;
    return send(agent, url, {
      method: call.method,
      headers: {
        ...headersOf(call),
        ...(call.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(call.form === undefined ? {} : { body: textsOf(call.form) }),
    });
  };
  /** What is compared of an answer, in the words of the distillate. */
  const seen = (call: Call, { status, reason, type, json, data }: Reply): Answered => ({
    status,
    ...(reason === 'OK' ? {} : { reason }),
    ...(type === 'application/json;charset=UTF-8' ? {} : { contentType: type === '' ? null : type }),
    ...(json?.message === undefined || json.message === `${reason}\n` ? {} : { message: json.message }),
    ...(json?.errors === undefined ? {} : { errors: json.errors }),
    ...(call.ids === undefined ? {} : { ids: idsOf(kindOf(call.path) ?? '', data) ?? [] }),
  });

  it('answers every call with the status, the reason phrase and the rows of the real one', async () => {
    const different: string[] = [];
    for (const call of calls) {
      if (isLeftOut(leftOut.calls, call)) continue;
      const { as, method, path, query, form, note, ...recorded } = call;
      const asked = `${as} ${method} ${path} ${textsOf(query ?? form)} ${note ?? ''}`;
      const [real, ours] = [recorded, seen(call, await ask(call))].map((answer) => shown(call, answer));
      if (real !== ours) different.push(`${asked}: ${real}, and here ${ours}`);
    }

    expect(different).toEqual([]);
  });

  /** By account, of both states in which a node may be: reporting, and not yet. */
  const shapesOf = async (kind: string): Promise<ReadonlyMap<string, Shape>> => {
    const shapes = new Map<string, Shape[]>();
    for (const isStalled of [false, true]) {
      setNodeStalled(cluster, 'pve1', isStalled);
      for (const call of calls.filter(({ method, path }) => method === 'GET' && kindOf(path) === kind)) {
        const { status, data } = await ask(call);
        if (status === 200) shapes.set(call.as, [...(shapes.get(call.as) ?? []), shapeOf(kind, data)]);
      }
    }
    setNodeStalled(cluster, 'pve1', false);
    return new Map([...shapes].map(([as, all]) => [as, merged(all)]));
  };

  it.each(Object.keys(kinds).filter((kind) => !isLeftOut(leftOut.kinds, { kind })))(
    'has the fields of %s',
    async (kind) => {
      const simulated = await shapesOf(kind);
      const different = (kinds[kind] ?? []).flatMap(({ as, shape }) =>
        as.flatMap((account) =>
          differences(shape, compact(simulated.get(account) ?? {})).filter(
            (difference) => !isLeftOut(leftOut.fields, { kind, ...difference }),
          ),
        ),
      );

      expect([...new Set(different.map(textOfDifference))]).toEqual([]);
    },
  );
});

/** As text; of the rows only those that are not left out. */
const shown = ({ path }: Call, answer: Answered): string => {
  const ids = answer.ids?.filter((id) => !isLeftOut(leftOut.rows, { path, id }));
  return JSON.stringify(ids === undefined ? answer : { ...answer, ids });
};

interface Difference {
  /** Kind of row, and its field; empty: the row itself. */
  readonly row: string;
  readonly field: string;
  readonly recorded: string;
  readonly simulated: string;
}

const textOfDifference = ({ row, field, recorded, simulated }: Difference): string =>
  `${row} ${field}: ${recorded}, and here ${simulated}`;

const absent = 'absent';

/** Types without their counts: `number`, `null or number`, `number or absent`. */
const typesOf = (text: string | undefined): string => {
  if (text === undefined) return absent;
  const types = text.split(', ').map((part) => part.replace(/ \d+$/, ''));
  return types.length > 1 || !/ \d+$/.test(text) ? types.join(' or ') : `${types.join(' or ')} or ${absent}`;
};

/** A field that is always there in one and at times in the other differs; how often it is absent, where at times, does not. */
const differences = (recorded: Answers['shape'], simulated: Answers['shape']): readonly Difference[] =>
  [...new Set([...Object.keys(recorded), ...Object.keys(simulated)])].flatMap((row): readonly Difference[] => {
    const [ours, theirs] = [simulated[row]?.[1], recorded[row]?.[1]];
    if (ours === undefined || theirs === undefined)
      return [
        {
          row,
          field: '',
          recorded: theirs === undefined ? absent : 'present',
          simulated: ours === undefined ? absent : 'present',
        },
      ];
    return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((field) => {
      const pair = { recorded: typesOf(theirs[field]), simulated: typesOf(ours[field]) };
      return pair.recorded === pair.simulated ? [] : [{ row, field, ...pair }];
    });
  });

describe.skipIf(!existsSync(recordings))('the recordings', () => {
  it.each(releases)('are those that the distillate of %s was made of', (release) => {
    const recorded: readonly Exchange[] = JSON.parse(readFileSync(`${recordings}/pve-${release}.json`, 'utf8'));

    expect(distillateOf(release)).toBe(textOf(distil(recorded)));
  });
});
