/** A browser in front of a world, with an operator for each test, whose view is printed when it fails. */
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { openWorld, type World, type WorldOptions } from '../support/world.js';
import { openChromium, openOperator, type Operator } from './browser.js';

export interface Stage {
  readonly world: World;
  readonly operator: Operator;
  /** Another operator takes over, at another address of the same service. */
  readonly comeFrom: (base: string) => Promise<Operator>;
}

/** Inside of a `describe`. @param prepare what has happened before the first test */
export function onStage(
  options: WorldOptions,
  prepare: (world: World) => Promise<void> = async () => undefined,
): Stage {
  let world: World;
  let browser: Browser;
  let operator: Operator;
  beforeAll(async () => {
    world = await openWorld(options);
    browser = await openChromium();
    await prepare(world);
  });
  beforeEach(async () => {
    operator = await openOperator(browser, world.url);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(await operator.page.locator('body').innerText());
    expect(operator.faults).toEqual([]);
    await operator.close();
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });
  return {
    get world() {
      return world;
    },
    get operator() {
      return operator;
    },
    comeFrom: async (base) => {
      await operator.close();
      operator = await openOperator(browser, base);
      return operator;
    },
  };
}

/**
 * Goes to the end of a long list until that has read `all` of its entries.
 * @param look sees, each time that more are there, how many of them stand in the document
 */
export async function readAll(rows: Locator, all: number, look: (count: number) => void): Promise<void> {
  for (let shown = 0; shown < all;) {
    await rows.page().keyboard.press('End');
    shown = await eventually(async () => {
      const size = Number(await rows.last().getAttribute('aria-setsize'));
      expect(size).toBeGreaterThan(shown);
      return size;
    });
    look(await rows.count());
  }
}
