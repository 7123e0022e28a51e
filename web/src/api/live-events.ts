import * as z from 'zod/mini';

const change = z.object({ topic: z.string(), id: z.nullish(z.string()) });
const closed = z.object({ reason: z.string() });

type LiveEventsOptions = {
  topics: readonly string[];
  workspace: string;
  onChange: (topic: string) => void;
  /** The stream broke or could not be opened: the first to notice a server that went away while nobody asks it for anything. */
  onBreak: () => void;
  /** Called when the stream came back after a break: changes may have been missed. */
  onReconnect: () => void;
  /** The stream was closed or refused: the session may have ended or be elsewhere. */
  onClosed: (reason: string) => void;
  /** Injected by tests. */
  open?: (url: string) => EventSource;
  random?: () => number;
};

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

/** Milliseconds before the next attempt: doubling, capped, with up to a quarter of jitter so that tabs don't return as one. */
export function reconnectDelay(attempt: number, random: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt, 10), LONGEST_DELAY_MS) * (1 - random / 4);
}

/**
 * Keeps one event stream open until the returned function is called. The browser's own reconnection is not used: it gives
 * up on the first refused answer and never backs off.
 */
export function followLiveEvents(options: LiveEventsOptions): () => void {
  const query = new URLSearchParams({ topics: options.topics.join(','), workspace: options.workspace });
  const open = options.open ?? ((url: string) => new EventSource(url));
  const random = options.random ?? Math.random;
  let attempt = 0;
  let broken = false;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const retryLater = () => {
    source?.close();
    broken = true;
    clearTimeout(timer);
    timer = setTimeout(connect, reconnectDelay(attempt++, random()));
  };

  const connect = () => {
    let opened = false;
    source = open(`/events/stream?${query}`);
    source.onopen = () => {
      opened = true;
      attempt = 0;
      if (broken) options.onReconnect();
      broken = false;
    };
    source.onerror = () => {
      retryLater();
      options.onBreak();
      // An EventSource doesn't say why it was refused: the session may have ended or moved, so it is asked again.
      if (!opened) options.onClosed('refused');
    };
    source.addEventListener('change', (event) => {
      const parsed = change.safeParse(parseJson((event as MessageEvent<string>).data));
      if (parsed.success) options.onChange(parsed.data.topic);
    });
    source.addEventListener('closed', (event) => {
      // The server may also close a stream of a session that goes on (a restart, a slow reader), so it is opened again.
      retryLater();
      const parsed = closed.safeParse(parseJson((event as MessageEvent<string>).data));
      options.onClosed(parsed.success ? parsed.data.reason : 'unknown');
    });
  };

  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
