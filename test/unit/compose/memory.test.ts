import { describe, expect, it } from 'vitest';
import { memoryText, shortage } from '../../../src/compose/memory.js';

const mb = 1_048_576;

describe('the memory of the process', () => {
  it('is told with the limit of its container and that of its heap', () => {
    expect(memoryText(512 * mb, 384 * mb)).toBe('memory: container limit 512 MB, heap limit 384 MB');
  });

  it.each([0, 2 ** 64])('is told without a container that limits it (%i)', (none) => {
    expect(memoryText(none, 2096 * mb)).toBe('memory: no container limit, heap limit 2096 MB');
  });

  it('suffices as long as a collection leaves a fifth of the heap', () => {
    expect(shortage(307 * mb, 384 * mb)).toBeUndefined();
  });

  it('no longer suffices then, which is said in numbers', () => {
    expect(shortage(308 * mb, 384 * mb)).toMatchObject({
      code: 'memory_exhausted',
      detail: expect.stringContaining('308 of 384 MB of the heap are in use after a collection'),
    });
  });
});
