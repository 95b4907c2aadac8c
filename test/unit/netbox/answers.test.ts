import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { answerText } from '../../../src/netbox/answer-text.js';
import { isDuplicate } from '../../../src/netbox/duplicate.js';
import { classifyAnswer, createGatewayMemory } from '../../../src/netbox/overwhelmed.js';
import { canonicalQuery, encodeQuery } from '../../../src/netbox/query-string.js';
import { capabilitiesOf, parseStatus, parseVersion } from '../../../src/netbox/version.js';
import { createFakeClock } from '../../support/fake-clock.js';

const answer = (
  status: number,
  text: string,
): { status: number; statusText: string; headers: Record<string, string>; text: string } => ({
  status,
  statusText: '',
  headers: {},
  text,
});

describe('what NetBox says', () => {
  it.each([
    ['{"detail":"Not found."}', 'Not found.'],
    ['{"message":"hello"}', 'hello'],
    ['{"name":["required"],"__all__":["no.","never."]}', 'name: required; no. never.'],
    [
      '{"custom_fields":{"owner":["unknown"]},"tags":[{},{"slug":["bad"]}]}',
      'custom_fields: owner: unknown; tags: slug: bad',
    ],
    ['[{},{"name":["bad"]},{}]', 'item[1]: name: bad'],
    [
      '{"detail":"2 of 3 objects could not be created.","errors":[{"index":2,"errors":{"name":["bad"]}}]}',
      '2 of 3 objects could not be created. item[2]: name: bad',
    ],
    [
      '{"detail":"1 of 3 objects could not be updated.","errors":[{"id":9,"errors":{"__all__":["no."]}}]}',
      '1 of 3 objects could not be updated. id 9: no.',
    ],
    ['{"detail":"x","errors":["odd",7]}', 'x item[0]: odd; item[1]: 7'],
    ['{"exception":"OperationalError","error":"too many clients"}', 'OperationalError: too many clients'],
    ['<html><h1>Bad  Gateway</h1></html>', 'Bad Gateway'],
    ['', ''],
  ])('%s reads as %s', (text, expected) => {
    expect(answerText(text)).toBe(expected);
  });

  it('is cut at 500 characters', () => {
    expect(answerText('x'.repeat(5_000))).toHaveLength(503);
  });
});

describe('the sign of exhaustion', () => {
  it.each([
    'too many connections',
    'FATAL: sorry, too many clients already',
    'remaining connection slots are reserved',
    'Database unavailable',
    'OperationalError',
    'psycopg.errors.X',
    'psycopg_pool.PoolTimeout',
    "couldn't get a connection after 30.00 sec",
    'server closed the connection unexpectedly',
    'connection failed: x',
  ])('"%s" counts in a 500 and never in a 400', (text) => {
    expect(classifyAnswer(answer(500, text), false)).toMatchObject({ overwhelmed: true, outcome: 'rolled_back' });
    expect(classifyAnswer(answer(400, text), false)).toMatchObject({ overwhelmed: false, outcome: 'final' });
  });

  it('is a second 502 or 504 within a minute, not a single one', () => {
    const clock = createFakeClock();
    const memory = createGatewayMemory(clock);
    const first = memory(502);
    clock.advance(59_000);
    const second = memory(504);
    clock.advance(61_000);
    expect([first, second, memory(502), memory(200)]).toEqual([false, true, false, false]);
    expect(classifyAnswer(answer(502, 'x'), false)).toMatchObject({ overwhelmed: false, outcome: 'gateway' });
    expect(classifyAnswer(answer(502, 'x'), true)).toMatchObject({ overwhelmed: true, outcome: 'gateway' });
  });
});

describe('a duplicate', () => {
  const error = (status: number, body: unknown): ProxboxError =>
    new ProxboxError('netbox_rejected', '', { upstream: { status, body } });
  it.each([
    [400, { slug: ['Tag with this slug already exists.'] }, true],
    [400, { __all__: ['Virtual machine name must be unique per cluster.'] }, true],
    [400, { __all__: ['Virtual machine name must be unique per cluster and tenant.'] }, true],
    [400, { __all__: ['Proxmox Storage with this Cluster and Name already exists.'] }, true],
    [400, [{}, { non_field_errors: ['The fields a, b must make a unique set.'] }], true],
    [400, { __all__: ['Constraint “dcim_device_unique_name” is violated.'] }, true],
    [409, { code: 'endpoint_ownership_conflict' }, true],
    [409, { virtual_machine: 'This object already has a Proxbox sync-state row.' }, true],
    [500, { exception: 'IntegrityError', error: 'duplicate key value violates unique constraint' }, true],
    [500, { exception: 'KeyError', error: 'duplicate key value' }, false],
    [400, { address: ['Duplicate IP address found in global table: 192.0.2.1/24'] }, false],
    [400, { name: ['required'] }, false],
    [403, { detail: 'already exists' }, false],
  ])('%i %j: %s', (status, body, expected) => {
    expect(isDuplicate(error(status, body))).toBe(expected);
  });
});

describe('versions', () => {
  it.each([
    ['4.6.8', [4, 6, 8]],
    ['v4.5', [4, 5, 0]],
    ['4.6.0-Docker-3.2.1', [4, 6, 0]],
    ['nightly', [0, 0, 0]],
  ])('%s', (text, parts) => {
    const { major, minor, patch } = parseVersion(text);
    expect([major, minor, patch]).toEqual(parts);
  });

  it('decide what can be used', () => {
    const of = (version: string): unknown =>
      capabilitiesOf(parseStatus({ 'netbox-version': version, plugins: { netbox_branching: 1 } })!);
    expect(of('4.5.9')).toMatchObject({ cursorPaging: false, virtualMachineTypes: false, branching: true });
    expect(of('4.6.8')).toMatchObject({ cursorPaging: true, virtualMachineTypes: true, writableInterfaceMac: false });
    expect(of('4.7.0')).toMatchObject({ cursorPaging: true, virtualMachineTypes: true, writableInterfaceMac: true });
    expect(of('5.0.0')).toMatchObject({ cursorPaging: true });
    expect(parseStatus('hello')).toBeUndefined();
  });
});

describe('queries', () => {
  it('repeat keys, spell booleans and drop what is not there', () => {
    expect(encodeQuery({ a: [1, 2], b: true, c: null, d: undefined, e: 'ü&' })).toBe('?a=1&a=2&b=true&e=%C3%BC%26');
    expect(encodeQuery({})).toBe('');
  });

  it('compare without regard to the order of keys, but of values', () => {
    expect(canonicalQuery({ b: 1, a: ['x', 2] })).toBe('{"a":["x","2"],"b":"1"}');
    expect(canonicalQuery({ a: [2, 'x'] })).not.toBe(canonicalQuery({ a: ['x', 2] }));
    expect(canonicalQuery({ a: null, b: [] })).toBe('');
  });
});
