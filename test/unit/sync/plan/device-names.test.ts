import { describe, expect, it } from 'vitest';
import { deviceNames, renderDeviceName } from '../../../../src/sync/plan/device-names.js';
import { aClusterView, anEndpointTarget } from '../../../support/factories/sync.js';

const values = { node: 'pve1', cluster: 'Lab.One', cluster_slug: 'lab-one', endpoint: 'berlin' };

describe('renderDeviceName', () => {
  it.each([
    ['{node}', 'pve1'],
    ['{cluster}-{node}', 'Lab.One-pve1'],
    ['{cluster_slug}.{endpoint}.{node}', 'lab-one.berlin.pve1'],
    ['{node}-{node}', 'pve1-pve1'],
    [`${'a'.repeat(60)}{node}`.replace('aaaa', 'a.b.'), `a.b.${'a'.repeat(56)}pve1`],
  ])('fills in %s', (template, name) => {
    expect(renderDeviceName(template, values)).toEqual({ name });
  });

  it.each([
    ['an unknown placeholder', '{node}-{site}', /no placeholder \{site\}/],
    ['a conversion', '{node!r}', /no placeholder \{node!r\}/],
    ['a name of Object', '{node}{constructor}', /no placeholder \{constructor\}/],
    ['an empty placeholder', '{node}{}', /no placeholder \{\}/],
    ['nothing', '', /without \{node\}/],
    ['no {node}', '{cluster}', /without \{node\}/],
    ['an open brace', '{node}{', /gives "pve1\{"/],
    ['more than 64 characters', `${'a.'.repeat(31)}{node}`, /at most 64/],
    ['a label of more than 63 characters', `${'a'.repeat(60)}{node}`, /at most 64/],
    ['a space', 'host {node}', /gives "host pve1"/],
    ['an underscore', '{node}_x', /gives "pve1_x"/],
    ['a hyphen at the end', '{node}-', /gives "pve1-"/],
    ['an empty label', '{node}..x', /gives "pve1..x"/],
  ])('refuses %s', (_what, template, problem) => {
    expect(renderDeviceName(template, values)).toEqual({ problem: expect.stringMatching(problem) });
  });
});

describe('deviceNames', () => {
  const view = aClusterView({ name: 'Lab One' });
  const names = (own: string, ofSettings = '{node}', name = 'berlin (nb:7)') =>
    deviceNames(view, 'PVE1', {
      endpoints: new Map([[1, anEndpointTarget({ name, nodeDeviceNameTemplate: own })]]),
      options: { nodeDeviceNameTemplate: ofSettings },
    });

  it('knows the name of the node and the one that the template gives, in lower case', () => {
    expect(names('x-{node}')).toEqual({ wanted: 'x-PVE1', known: new Set(['x-pve1', 'pve1']) });
  });

  it.each([
    ['an empty template inherits', ' ', '{cluster_slug}-{node}', 'lab-one-PVE1'],
    ['an own template wins', '{node}.x', '{cluster_slug}-{node}', 'PVE1.x'],
    ['an endpoint has the name that the plugin shows', '{endpoint}-{node}', '{node}', 'berlin-PVE1'],
  ])('%s', (_what, own, ofSettings, wanted) => {
    expect(names(own, ofSettings).wanted).toBe(wanted);
  });

  it('falls back on the name of the node, and says why', () => {
    const { wanted, problem } = names('{endpoint}-{node}', '{node}', 'Berlin DC');
    expect(wanted).toBe('PVE1');
    expect(problem).toMatchObject({ code: 'device_name_invalid' });
    expect(problem?.message).toMatch(/"\{endpoint\}-\{node\}" of the endpoint .* it gives "Berlin DC-PVE1"/);
  });
});
