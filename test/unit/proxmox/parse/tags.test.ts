import { describe, expect, it } from 'vitest';
import { fallbackTagColour, parseTagColours, parseTags } from '../../../../src/proxmox/parse/tags.js';

describe('guest tags', () => {
  it.each([
    ['Critical;end-user;critical', ['critical', 'end-user']],
    ['a,b c;;d ', ['a', 'b', 'c', 'd']],
    ['', []],
    [undefined, []],
    ['Ünï', ['ünï']],
  ])('reads %j', (text, expected) => expect(parseTags(text)).toEqual(expected));
});

describe('tag colours', () => {
  it.each([
    ['case-sensitive=1,color-map=prod:ff0000:ffffff;db:0af,ordering=config', { prod: 'ff0000', db: '00aaff' }],
    [
      { 'color-map': 'prod:ff0000;DB:#0AF', 'case-sensitive': 1 },
      { prod: 'ff0000', db: '00aaff' },
    ],
    ['color-map=a:red;b:12345;:ffffff;c:ffffff;C:000000;d', { c: 'ffffff' }],
    ['ordering=config', {}],
    ['', {}],
    [{ 'color-map': 5 }, {}],
    [null, {}],
    [['x'], {}],
  ])('reads the tag style %j', (style, expected) => {
    expect(Object.fromEntries(parseTagColours({ 'tag-style': style }))).toEqual(expected);
  });

  it.each([undefined, null, 'text', []])('knows no colours when the options are %j', (options) => {
    expect(parseTagColours(options).size).toBe(0);
  });

  it('falls back to the MD5 of the name', () => {
    expect(fallbackTagColour('prod')).toBe('d6e4a9');
    expect(fallbackTagColour('')).toBe('d41d8c');
    expect(fallbackTagColour('ünï')).toMatch(/^[0-9a-f]{6}$/);
  });
});
