import { describe, expect, it } from 'vitest';
import { pluginIdOf, withoutPluginId, withPluginId } from '../../../src/values/plugin-id.js';

describe('the number of the plugin in the name of an endpoint', () => {
  it('is read back as it is written', () => {
    const name = withPluginId('lab (nb:1)', 42);

    expect([name, pluginIdOf(name), withoutPluginId(name)]).toEqual(['lab (nb:1) (nb:42)', 42, 'lab (nb:1)']);
  });

  it.each(['lab', 'lab(nb:1)', 'lab (nb:)', 'lab (nb:-1)', 'lab (nb:1) ', 'lab (nb:1) x', ''])(
    'is not in "%s"',
    (name) => {
      expect([pluginIdOf(name), withoutPluginId(name)]).toEqual([undefined, name]);
    },
  );
});
