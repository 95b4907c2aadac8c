/** The doctor of NetBox: as a route, as text, and what it looks at. */
import { describe, expect, it } from 'vitest';
import type { NetBoxDoctorReport } from '../../../src/netbox-doctor/types.js';
import { rights } from '../../../src/netbox/rights.js';
import type { TokenRecord } from '../../simulator/netbox/tokens.js';
import { aVerbWorld, type VerbWorld } from './verb-world.js';

async function examine(world: VerbWorld): Promise<NetBoxDoctorReport> {
  const { status, body } = await world.ask('GET', '/netbox/doctor');
  expect(status).toBe(200);
  return body;
}

/** Whichever of them is stored: both are of one user. */
function change({ netbox }: VerbWorld, edit: (token: TokenRecord) => void): void {
  for (const token of netbox.tokens.all()) edit(token);
}

const codes = ({ problems }: NetBoxDoctorReport): readonly string[] => problems.map(({ code }) => code);

describe('GET /netbox/doctor', () => {
  it('says that all is well, writes nothing, and asks everything once', async () => {
    const world = await aVerbWorld();
    world.netbox.resetCounters();

    const report = await examine(world);

    expect(report).toMatchObject({ ok: true, reachable: true, plugin_version: '0.0.29.post6', problems: [] });
    expect(report.rights.map(({ state }) => state)).toEqual(rights.map(() => 'present'));
    const asked = world.netbox.requestLog.map(({ method, target }) => `${method} ${target}`);
    expect(asked.filter((line) => !/^(GET|OPTIONS) /.test(line))).toEqual([]);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('tells a token that may only read from a user who lacks permissions', async () => {
    const world = await aVerbWorld();
    change(world, (token) => Object.assign(token, { write: false }));

    const report = await examine(world);

    expect([report.ok, codes(report)]).toEqual([false, ['token_read_only']]);
    expect(report.rights.filter(({ state, action }) => state === 'present' && action !== 'view')).toEqual([]);
  });

  it('names what the user lacks, by permission, with the command that gives it', async () => {
    const world = await aVerbWorld();
    change(world, ({ cannotAdd, cannotView }) => {
      cannotAdd.add('ipam/vlans');
      cannotView.add('extras/journal-entries');
    });

    const report = await examine(world);

    expect(codes(report)).toEqual(['permissions_missing']);
    const [problem] = report.problems;
    expect(problem).toMatchObject({
      severity: 'error',
      cause: expect.stringContaining('2 permissions (extras.view_journalentry, ipam.add_vlan)'),
    });
    const bodies = problem!.commands.map((command) => JSON.parse(/-d '(.*)'$/.exec(command)![1]!));
    expect(bodies.map(({ object_types: types, actions }) => [types, actions])).toEqual([
      [['extras.journalentry'], ['view']],
      [['ipam.vlan'], ['add']],
    ]);
  });

  it('only notes what a wish needs', async () => {
    const world = await aVerbWorld();
    change(world, ({ cannotView }) => cannotView.add('core/object-changes').add('ipam/services'));

    const report = await examine(world);

    expect([report.ok, codes(report)]).toEqual([true, ['permissions_optional']]);
    expect(report.problems[0]!.missing).toEqual([
      'machines whose guest is gone are marked instead of deleted',
      'every run reads everything, as nobody tells what changed since',
    ]);
  });

  it('does not claim to know deletions where NetBox does not tell', async () => {
    const world = await aVerbWorld();
    change(world, (token) => Object.assign(token, { superuser: false }));

    const report = await examine(world);

    expect([report.ok, codes(report).includes('permissions_unknown')]).toEqual([true, true]);
    const unknown = report.rights.filter(({ state }) => state === 'unknown');
    expect(new Set(unknown.map(({ action }) => action))).toEqual(new Set(['delete']));
  });

  it('names required custom fields that no new object can have', async () => {
    const world = await aVerbWorld();
    world.netbox.operator.create('extras/custom-fields', {
      name: 'owner',
      type: 'text',
      required: true,
      object_types: ['virtualization.virtualmachine', 'dcim.rack'],
    });

    const report = await examine(world);

    expect([report.ok, codes(report)]).toEqual([false, ['required_custom_field']]);
    expect(report.problems[0]!.cause).toBe(
      'The custom field "owner" of virtualization.virtualmachine is required and has no default.',
    );
  });

  it.each([
    [403, { detail: 'Invalid v1 token' }, 'netbox_forbidden', 'Invalid v1 token', 'Check the token'],
    [301, '', 'netbox_redirect', '', 'Correct the scheme'],
    [404, 'Not Found', 'netbox_rejected', '', 'There is no NetBox at this address'],
    [500, 'Server Error', 'netbox_error', '', 'Look at the NetBox log'],
  ])('says why NetBox is of no use when it answers %d', async (status, body, code, words, remedy) => {
    const world = await aVerbWorld();
    world.netbox.faults.add({ match: { path: /^\/api\/status\// }, action: { status, body } });

    const report = await examine(world);

    expect([report.ok, codes(report)]).toEqual([false, [code]]);
    expect(report.problems[0]!.cause).toContain(words);
    expect(report.problems[0]!.cure).toContain(remedy);
    // Said once: beside the cause.
    expect(report.problems[0]!.cause).not.toContain(remedy);
  });

  it('says that nothing is stored', async () => {
    const world = await aVerbWorld();
    await world.ask('DELETE', '/netbox/endpoint/1');

    expect(await examine(world)).toMatchObject({
      ok: false,
      endpoint_id: null,
      problems: [{ code: 'not_configured' }],
    });
  });

  it('is read by people as well', async () => {
    const world = await aVerbWorld();
    change(world, ({ cannotAdd }) => cannotAdd.add('ipam/vlans'));

    const { headers, body: text } = await world.ask('GET', '/netbox/doctor?format=text');

    expect(headers.get('x-proxbox-status')).toBe('failed');
    expect(text).toContain('NOT WELL');
    expect(text).toMatch(/ipam\.vlan +add +MISSING/);
    expect(text).toContain('ERROR permissions_missing');
  });
});
