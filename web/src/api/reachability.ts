/**
 * Whether the server can be reached. Any request that gets no answer is a hint: then the server itself is asked, as one address may fail
 * alone. While it doesn't answer either, it is asked again and again, so that nobody has to.
 */
let awaySince: number | null = null;
let attempt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let probing = false;
const listeners = new Set<() => void>();
let onBack: () => void = () => {};

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 15_000;
const PROBE_LIMIT_MS = 10_000;

/** What is done when the server is back. Set once, by the application. */
export function onServerBack(act: () => void): void {
  onBack = act;
}

/** The moment since which no answer comes, in milliseconds; null while the server answers. */
export function serverAwaySince(): number | null {
  return awaySince;
}

export function subscribeReachability(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** An answer came, whatever it said. */
export function serverAnswered(): void {
  clearTimeout(timer);
  attempt = 0;
  if (awaySince === null) return;
  awaySince = null;
  announce();
  onBack();
}

/** The server itself gave no answer. */
export function serverSilent(now = Date.now()): void {
  if (awaySince === null) {
    awaySince = now;
    announce();
  }
  clearTimeout(timer);
  timer = setTimeout(probe, probeDelay(attempt++));
}

/** Milliseconds until the server is asked once more: soon at first, then with patience. */
export function probeDelay(attempt: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt, 10), LONGEST_DELAY_MS);
}

/** Whether what answered is a proxy that found no server: its own error, not one of ours. */
export function isFromProxy(response: Response): boolean {
  const ours = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  return !ours && [502, 503, 504].includes(response.status);
}

/** Asks whether the server is there, at once: something hints that it isn't, or that it is back. */
export async function probe(): Promise<void> {
  if (probing) return;
  probing = true;
  try {
    const answer = await fetch(`${window.location.origin}/version`, {
      cache: 'no-store',
      signal: AbortSignal.timeout(PROBE_LIMIT_MS),
    });
    if (isFromProxy(answer)) serverSilent();
    else serverAnswered();
  } catch {
    serverSilent();
  } finally {
    probing = false;
  }
}

/** The browser knows when the network goes and comes. */
export function followNetwork(): void {
  window.addEventListener('offline', () => serverSilent());
  window.addEventListener('online', () => void probe());
}

function announce(): void {
  for (const listener of listeners) listener();
}
