/** What a terminal in a browser and `termproxy` say to each other. */
import { describe, expect, it } from 'vitest';
import { greeting, toPage, toTermproxy } from '../../../src/console/terminal.js';

describe('what the page sends', () => {
  it.each([
    ['ls -l\r', '0:6:ls -l\r'],
    ['ä€😀', '0:9:ä€😀'],
    ['0', '0:1:0'],
    ['', '0:0:'],
    ['1:32:120:0', '1:120:32:'],
    ['1:32:120:0 ', '0:11:1:32:120:0 '],
    ['1:x:120:0', '0:9:1:x:120:0'],
  ])('%j is %j to termproxy', (text, expected) => {
    expect(toTermproxy(text)).toBe(expected);
  });
});

it('output stands behind a d, whatever its first byte is, so that none is taken for a keepalive', () => {
  expect([Buffer.from('0'), Buffer.from('d'), Buffer.of(0, 255)].map((one) => [...toPage(one)])).toEqual([
    [100, 48],
    [100, 100],
    [100, 0, 255],
  ]);
});

it('termproxy is greeted with user and ticket', () => {
  expect(greeting('root@pam!sync', 'PVEVNC:1')).toBe('root@pam!sync:PVEVNC:1\n');
});
