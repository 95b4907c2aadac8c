import { describe, expect, it } from 'vitest';
import { redactLine, redactText, redactValue } from '../../../src/telemetry/redact.js';
import { cpuMsOf } from '../../support/measure.js';

const secretTexts = [
  'Authorization: Bearer MARKER',
  'Authorization: Token MARKER',
  "{'Authorization': 'Token MARKER'}",
  '{"authorization":"PVEAPIToken=root@pam!id=MARKER"}',
  'X-Proxbox-API-Key: MARKER',
  'X-Proxbox-API-Key=MARKER',
  'password="MARKER"',
  "password='MARKER with blanks'",
  'password="MARKER, with; punctuation!"',
  'password=MARKER&user=x',
  'token_value=MARKER',
  'cipassword: MARKER',
  '"client_secret": "MARKER"',
  '"api_key": "MARKER"',
  '{\\"password\\": \\"MARKER\\"}',
  "{'token_key': 'MARKER'}",
  'loose Bearer MARKER here',
  'Basic MARKER',
  'GET /x?token=MARKER&y=1',
  'PVEAPIToken=root@pam!x=MARKER',
  'PVEAuthCookie=PVE:root@pam:65F::MARKER',
  'nbt_abcdefghijkl.MARKER',
  'stored enc:MARKERMARKER==',
  'https://user:MARKER@host/path',
  'credential = MARKER',
  String.raw`password="a\"MARKER"`,
  'password="MARKER is cut off here',
];

describe('text', () => {
  it.each(secretTexts)('loses the secret of: %s', (text) => {
    const scrubbed = redactText(text);

    expect(scrubbed).not.toContain('MARKER');
    expect(scrubbed).toContain('[REDACTED]');
  });

  it.each([
    'API key required. 4 attempts remaining.',
    'Endpoint pve-lab-1 (nb:3): 12 VMs, 3 nodes',
    'The key of the plugin: see docs',
    'token expired, save the endpoint again',
    'https://netbox.local:443/api/dcim/devices/?limit=1000&name=a',
    '{"password": null, "has_token": true}',
    'the author of the monkey patch',
  ])('stays as it is: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it.each([
    ['a word', 'a'.repeat(1_000_000)],
    ['the beginning of a name, again and again', 'key'.repeat(300_000)],
    ['quotes', '"'.repeat(300_000)],
    ['a value that never ends', `password="${'\\'.repeat(100_000)}`],
  ])('of any length is scrubbed in reasonable time: %s', async (_name, text) => {
    expect(await cpuMsOf(() => redactText(text))).toBeLessThan(2000);
  });
});

describe('fields', () => {
  it('with secret names hide whatever they hold, at any depth', () => {
    const scrubbed = redactValue({
      endpoint: 'pve',
      password: 'MARKER',
      nested: [{ token_value: 'MARKER', apiKey: { a: 'MARKER' } }, 'Bearer MARKER'],
      'X-Proxbox-API-Key': 'MARKER',
      cipassword: 12_345,
    });

    expect(JSON.stringify(scrubbed)).not.toMatch(/MARKER|12345/);
    expect(scrubbed).toMatchObject({ endpoint: 'pve' });
  });

  it('with harmless names stay', () => {
    const fields = { keyId: 3, token_version: 'v2', token: null, hasToken: true, active_key_source: 'env', vmid: 100 };

    expect(redactValue(fields)).toEqual(fields);
  });
});

describe('a line', () => {
  it('stays one line of JSON, or becomes scrubbed text', () => {
    expect(redactLine('{"msg":"password=MARKER\\nnext","level":30}\n')).toBe(
      '{"msg":"password=[REDACTED]\\nnext","level":30}\n',
    );
    expect(redactLine('not json password=MARKER\n')).toBe('not json password=[REDACTED]\n');
  });
});
