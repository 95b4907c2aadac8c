/** What the views have in common: where the reader is, what was asked, and streams that are taken up again. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask, follow, Refusal, type Frame } from './api.js';

export interface Place {
  /** Parts of the path: `#/runs/a1` is `['runs', 'a1']`. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { parts: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const onChange = (): void => setPlace(placeOf(location.hash));
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  return place;
}

export interface Asked<T> {
  /** The last one that came, also while another one is asked for. */
  readonly answer: T | undefined;
  readonly error: Error | undefined;
  readonly again: () => void;
}

/**
 * Asks once, and anew with every other path.
 * @param path null: nothing yet
 * @param everyMs how often again while somebody looks; absent: never
 */
export function useAsked<T>(path: string | null, everyMs?: number): Asked<T> {
  const [state, setState] = useState<{ path: string | null; answer?: T; error?: Error }>({ path });
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((former) => former + 1), []);
  useEffect(() => {
    if (path === null) return undefined;
    let isWanted = true;
    ask<T>(path).then(
      (answer) => isWanted && setState({ path, answer }),
      (error: unknown) => isWanted && setState((former) => ({ ...former, path, error: errorOf(error) })),
    );
    return () => {
      isWanted = false;
    };
  }, [path, turn]);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => document.hidden || again(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  const isOfPath = state.path === path;
  return { answer: isOfPath ? state.answer : undefined, error: isOfPath ? state.error : undefined, again };
}

export const errorOf = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

export type Connection = 'connecting' | 'open' | 'lost' | 'ended';

const longestWaitMs = 10_000;

/**
 * Reads a stream along and takes it up again when the connection is lost, from its beginning: `onStart` forgets what was told.
 * @param path null: there is none
 */
export function useStream(
  path: string | null,
  { onStart, onFrame }: { onStart: () => void; onFrame: (frame: Frame) => void },
): { readonly connection: Connection; readonly error: Error | undefined } {
  const [state, setState] = useState<{ connection: Connection; error?: Error }>({ connection: 'connecting' });
  const handlers = useRef({ onStart, onFrame });
  handlers.current = { onStart, onFrame };
  useEffect(() => {
    if (path === null) return undefined;
    const leaving = new AbortController();
    void read(path, leaving.signal, handlers, setState);
    return () => leaving.abort();
  }, [path]);
  return { connection: state.connection, error: state.error };
}

type Handlers = { current: { onStart: () => void; onFrame: (frame: Frame) => void } };

async function read(
  path: string,
  signal: AbortSignal,
  handlers: Handlers,
  setState: (state: { connection: Connection; error?: Error }) => void,
): Promise<void> {
  setState({ connection: 'connecting' });
  for (let waitMs = 500; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    const end = await readOnce(path, signal, handlers, () => {
      waitMs = 500;
      setState({ connection: 'open' });
    });
    if (signal.aborted) return;
    if (end !== 'lost') return setState({ connection: 'ended', ...end });
    setState({ connection: 'lost' });
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** To the end of the stream, or of the connection. */
async function readOnce(
  path: string,
  signal: AbortSignal,
  handlers: Handlers,
  onOpen: () => void,
): Promise<'lost' | { readonly error?: Error }> {
  const last = { event: '' };
  try {
    await follow(path, {
      signal,
      onOpen: () => {
        handlers.current.onStart();
        onOpen();
      },
      onFrame: (frame) => {
        last.event = frame.event;
        handlers.current.onFrame(frame);
      },
    });
    return last.event === 'complete' ? {} : 'lost';
  } catch (error) {
    // What a refusal says will not change by asking again.
    return error instanceof Refusal && error.status < 500 ? { error } : 'lost';
  }
}

/** Something that is done on request: whether it is under way, and why it could not be done. */
export function useAction(act: () => Promise<void>) {
  const [state, setState] = useState<{ isBusy: boolean; error?: Error }>({ isBusy: false });
  const run = (): void => {
    setState({ isBusy: true });
    act().then(
      () => setState({ isBusy: false }),
      (error: unknown) => setState({ isBusy: false, error: errorOf(error) }),
    );
  };
  return { ...state, run };
}
