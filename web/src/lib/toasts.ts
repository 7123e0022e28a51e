/** A short message about something that just happened; it never carries the only copy of a fact. */
export type Toast = { id: number; tone: 'neutral' | 'danger'; title: string; detail?: string };

const LIMIT = 4;
let shown: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function publish(next: readonly Toast[]) {
  shown = next;
  for (const listener of listeners) listener();
}

export function toast(message: { title: string; detail?: string; tone?: Toast['tone'] }): void {
  publish([...shown, { tone: 'neutral' as const, ...message, id: nextId++ }].slice(-LIMIT));
}

export function dismissToast(id: number): void {
  publish(shown.filter((entry) => entry.id !== id));
}

export function toasts(): readonly Toast[] {
  return shown;
}

export function subscribeToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
