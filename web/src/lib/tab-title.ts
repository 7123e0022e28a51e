import { useEffect, useSyncExternalStore } from 'react';

/** The name of the one thing that the page is about, for the browser's tab; null where a page is about many. */
let thing: string | null = null;
const listeners = new Set<() => void>();

function name(next: string | null): void {
  thing = next;
  for (const listener of listeners) listener();
}

/** Lets the browser's tab name the thing that this page shows. */
export function useTabTitle(words: string): void {
  useEffect(() => {
    name(words);
    return () => name(null);
  }, [words]);
}

export function useThingInTab(): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => thing,
  );
}
