import { useSyncExternalStore } from 'react';

/** Whether somebody is asked right now to confirm that it is them, and who waits for the answer. One question for all. */
let waiting: ((confirmed: boolean) => void)[] = [];
const listeners = new Set<() => void>();

/** Asks the person; true once they confirmed, false when they'd rather not. */
export function askForProof(): Promise<boolean> {
  return new Promise((resolve) => {
    waiting = [...waiting, resolve];
    announce();
  });
}

export function answerAll(confirmed: boolean): void {
  const answered = waiting;
  waiting = [];
  announce();
  for (const resolve of answered) resolve(confirmed);
}

export function useIsAsking(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => waiting.length > 0,
  );
}

function announce(): void {
  for (const listener of listeners) listener();
}
