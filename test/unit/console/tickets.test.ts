/** Tokens that let a page open one console, once and soon. */
import { describe, expect, it } from 'vitest';
import { createConsoleTickets, type ConsoleWish } from '../../../src/console/tickets.js';
import { createSteppedClock } from '../../support/stepped-clock.js';

const wish: ConsoleWish = {
  endpointId: 1,
  type: 'qemu',
  vmid: 100,
  kind: 'term',
  origin: 'https://netbox.example.com',
};

describe('a token', () => {
  it('has 43 characters, lives for 30 s by the clock that people read, and opens what was asked for', () => {
    const clock = createSteppedClock();
    const { token, expiresAt } = createConsoleTickets(clock).issue(wish);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(expiresAt.getTime() - clock.now().getTime()).toBe(30_000);
  });

  it('works once', () => {
    const tickets = createConsoleTickets(createSteppedClock());
    const { token } = tickets.issue(wish);
    expect([tickets.redeem(token, wish.origin), tickets.redeem(token, wish.origin)]).toEqual([wish, undefined]);
  });

  it.each(['https://evil.example.com', 'https://netbox.example.com:8443', ''])(
    'is used up by a page of %j, and opens nothing there',
    (origin) => {
      const tickets = createConsoleTickets(createSteppedClock());
      const { token } = tickets.issue(wish);
      expect([tickets.redeem(token, origin), tickets.redeem(token, wish.origin)]).toEqual([undefined, undefined]);
    },
  );

  it('is forgotten after 30 s', async () => {
    const clock = createSteppedClock();
    const tickets = createConsoleTickets(clock);
    const { token } = tickets.issue(wish);
    clock.step(30_000);
    expect(tickets.redeem(token, wish.origin)).toBeUndefined();
  });

  it('is not guessed', () => {
    const tickets = createConsoleTickets(createSteppedClock());
    tickets.issue(wish);
    expect(tickets.redeem('', wish.origin)).toBeUndefined();
    expect(tickets.redeem('A'.repeat(43), wish.origin)).toBeUndefined();
  });
});

it('at most 1,024 wait, and as soon as one is opened or too old there is room', () => {
  const clock = createSteppedClock();
  const tickets = createConsoleTickets(clock);
  const issued = Array.from({ length: 1024 }, () => tickets.issue(wish));
  expect(() => tickets.issue(wish)).toThrow(expect.objectContaining({ code: 'console_busy' }));
  tickets.redeem(issued[500]!.token, wish.origin);
  tickets.issue(wish);
  expect(() => tickets.issue(wish)).toThrow();
  clock.step(30_000);
  expect(tickets.issue(wish).token).not.toBe('');
});
