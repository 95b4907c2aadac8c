/** The block in the notes of a guest: how it is found, and what of it counts. */
import { describe, expect, it } from 'vitest';
import { parseDescriptionMetadata } from '../../../../src/proxmox/parse/description-metadata.js';

const block = (json: string, info = 'netbox-metadata'): string => `\`\`\`${info}\n${json}\n\`\`\``;

describe('the metadata in notes', () => {
  it.each([
    ['a block', block('{"role": 1, "site": 4, "platform": 9}'), { role: 1, site: 4, platform: 9 }],
    [
      'a block among text, with line ends of Windows',
      `Web\r\n\r\n${block('{"role": 1}').replaceAll('\n', '\r\n')}\r\nend`,
      { role: 1 },
    ],
    ['an info text in any case', block('{"role": 1}', ' NetBox-Metadata '), { role: 1 }],
    ['the last of several', `${block('{"role": 1}')}\n${block('{"site": 2}')}`, { site: 2 }],
    ['other keys', block('{"role": 1, "tenant": 3, "cluster": 2, "memory": 1}'), { role: 1 }],
    ['what is no id', block('{"role": true, "site": "4", "platform": 0}'), {}],
    ['ids that are not whole', block('{"role": 1.5, "site": -1, "platform": 3}'), { platform: 3 }],
    ['bad JSON', block('{"role": 1'), {}],
    ['no object', block('[1]'), {}],
    ['bad JSON after a good block', `${block('{"role": 1}')}\n${block('{')}`, {}],
    ['a block that does not end', '```netbox-metadata\n{"role": 1}', {}],
    ['another block', block('{"role": 1}', 'json'), {}],
    ['a block inside of another', `\`\`\`\`md\n${block('{"role": 1}')}\n\`\`\`\``, {}],
    ['a fence within a line', 'see ```netbox-metadata {"role": 1} ```', {}],
    ['nothing', undefined, {}],
    ['a number', 4711, {}],
  ])('of %s', (_name, notes, metadata) => {
    expect(parseDescriptionMetadata(notes)).toEqual(metadata);
  });
});
