import { describe, expect, it } from 'vitest';
import { createPressure, type Pressure } from '../../../src/netbox/pressure.js';

const times = (count: number, act: () => void): void => {
  for (let n = 0; n < count; n += 1) act();
};

function begin(width = 8, batch = 50): Pressure {
  const pressure = createPressure();
  expect([pressure.width(width), pressure.batchSize(batch)]).toEqual([width, batch]);
  return pressure;
}

describe('the pressure on a NetBox', () => {
  it('holds nothing back while answers are good', () => {
    const pressure = begin();
    times(100, () => pressure.good());
    expect([pressure.width(8), pressure.batchSize(50), pressure.leastDelayMs(2000)]).toEqual([8, 50, 0]);
  });

  it('halves what is in flight with each answer without capacity, and takes one back for 20 good ones', () => {
    const pressure = begin();
    pressure.overloaded();
    expect(pressure.width(8)).toBe(4);
    times(4, () => pressure.overloaded());
    expect(pressure.width(8)).toBe(1);
    times(19, () => pressure.good());
    expect(pressure.width(8)).toBe(1);
    pressure.good();
    expect(pressure.width(8)).toBe(2);
    times(20 * 6, () => pressure.good());
    expect(pressure.width(8)).toBe(8);
  });

  it('says what it holds back', () => {
    const pressure = begin(8, 50);
    const held = () => {
      const { isOverwhelmed, width, batchSize } = pressure.held();
      return [isOverwhelmed, width, batchSize];
    };
    expect(held()).toEqual([false, null, null]);
    times(2, () => pressure.overloaded());
    expect(held()).toEqual([true, 2, 25]);
    pressure.good();
    expect(held()).toEqual([false, 2, 25]);
    times(20 * 6, () => pressure.good());
    expect(held()).toEqual([false, null, null]);
  });

  it('begins the 20 anew with each failure', () => {
    const pressure = begin();
    times(5, () => {
      pressure.overloaded();
      times(19, () => pressure.good());
    });
    expect(pressure.width(8)).toBe(1);
  });

  it('halves the batch from the second failure in a row on, down to 10', () => {
    const pressure = begin();
    pressure.overloaded();
    expect(pressure.batchSize(50)).toBe(50);
    pressure.overloaded();
    expect(pressure.batchSize(50)).toBe(25);
    times(5, () => pressure.overloaded());
    expect(pressure.batchSize(50)).toBe(10);
    expect(pressure.batchSize(5)).toBe(5);
    pressure.batchSize(50);
    times(60, () => pressure.good());
    expect(pressure.batchSize(50)).toBe(50);
  });

  it('waits twice as long with each failure in a row, and not at all after a good answer', () => {
    const pressure = begin();
    const delays = [1, 2, 3, 4].map(() => {
      pressure.overloaded();
      return pressure.leastDelayMs(2000);
    });
    expect(delays).toEqual([2000, 4000, 8000, 16_000]);
    pressure.good();
    expect(pressure.leastDelayMs(2000)).toBe(0);
    pressure.overloaded();
    expect(pressure.leastDelayMs(2000)).toBe(2000);
  });

  it('follows what is configured, up and down', () => {
    const pressure = begin();
    pressure.overloaded();
    expect([pressure.width(2), pressure.width(16)]).toEqual([2, 4]);
  });
});
