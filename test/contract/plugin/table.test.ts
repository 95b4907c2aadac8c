/**
 * The table of docs/plugin-compatibility.md is what the service answers: every call of the plugin is asked, and what comes is
 * what the row says.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askCall, type Told } from './ask.js';
import { asksOf, type Ask } from './asks.js';
import { openAskedWorld, type AskedWorld } from './asked-world.js';
import { facts, filesByCall } from './facts.js';
import { missingFields } from './fields.js';
import { page, rows, type Row } from './table.js';

const byCall = new Map(rows.map((row) => [row.call, row]));

describe('the table of what the plugin can ask', () => {
  it('has a row for every call of its source, and none besides, each with the files that make it', () => {
    const told = rows.map(({ call, askedBy }) => [call, [...askedBy].sort()]);
    const real = [...filesByCall()].map(([call, files]) => [call, [...files].sort()]);

    expect(byCall.size).toBe(rows.length);
    expect(told.sort()).toEqual(real.sort());
    expect(page).toContain(`netbox-proxbox ${facts.plugin} can ask of this service: ${rows.length} calls`);
  });

  it('names tests that are there, and how each call is served', () => {
    const kinds = ['read', 'stage', 'stream', 'verb', 'write', 'own', 'empty', 'not built'];

    expect(rows.filter(({ test }) => !existsSync(new URL(`../../../${test}`, import.meta.url)))).toEqual([]);
    expect(rows.filter(({ served }) => !kinds.includes(served))).toEqual([]);
    expect(rows.filter(({ served, status }) => (served === 'not built') !== (status === 501))).toEqual([]);
    expect(rows.filter(({ served, reason }) => ['empty', 'not built'].includes(served) !== reason.length > 0)).toEqual(
      [],
    );
  });

  it.each([
    [[], '[].id'],
    [[{ id: 1 }, {}], '[].id'],
    [{ a: { id: null } }, 'a.name'],
    [{ lab: [{ vmid: 1 }] }, '{cluster}[].name'],
    [{ id: undefined }, 'id'],
    [null, 'id'],
  ])('would see that %j lacks %s', (body, path) => {
    expect(missingFields(body, [path])).toEqual([path]);
  });
});

describe('the running service', () => {
  let world: AskedWorld;
  const told = new Map<string, { readonly answer: Told; readonly written: number; readonly ask: Ask }[]>();

  beforeAll(async () => {
    world = await openAskedWorld();
    for (const [call, ...asks] of asksOf(world)) {
      const answers = [];
      for (const ask of asks) {
        const before = written();
        const answer = await askCall(world, call, ask);
        answers.push({ answer, written: written() - before, ask });
      }
      told.set(call, answers);
    }
  });
  afterAll(() => world.close());

  /** Requests that changed something in Proxmox. */
  const written = (): number =>
    world.proxmox[0]!.requestLog.filter(({ method, path }) => method !== 'GET' && path !== '/access/ticket').length;

  it('is asked every call of the table', () => {
    expect([...told.keys()].sort()).toEqual(rows.map(({ call }) => call).sort());
  });

  it.each(rows)('answers $call as the table says', ({ call, status, fields, served }: Row) => {
    const all = told.get(call) ?? [];

    expect(all).not.toEqual([]);
    for (const { answer, written: changes } of all) {
      const { body } = answer;
      expect([answer.status, body]).toEqual([status, expect.anything()]);
      expect(missingFields(body, fields), JSON.stringify(body)).toEqual([]);
      if (served === 'stage') expectWork(body);
      expect(changes > 0).toBe(served === 'verb' || served === 'write');
      if (served === 'not built')
        expect(body).toEqual({
          reason: 'not_implemented',
          detail: expect.stringContaining('not part of this version'),
        });
    }
  });

  /** A stage found something; a single object is there in Proxmox and in NetBox. */
  function expectWork(body: Told['body']): void {
    if (body.object_type !== undefined) {
      expect(body).toMatchObject({ error: null, proxmox_resource: {}, netbox_object: {} });
      return;
    }
    const kinds: readonly { readonly discovered: number }[] = Object.values(body.complete.result.kinds);
    expect(body.complete).toMatchObject({ ok: true, result: { status: 'completed' } });
    expect(Math.max(...kinds.map(({ discovered }) => discovered))).toBeGreaterThan(0);
  }
});
