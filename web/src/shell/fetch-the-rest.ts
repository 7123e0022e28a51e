import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';

/** Milliseconds until the first page is taken to be complete. */
const REST_MS = 3_000;

/**
 * Fetches the code of the other pages, and of what opens over them, once this page is there: going anywhere is then immediate, and
 * works while the server is away, where a page without its code could only be the browser's own error.
 *
 * @param others stay the same ones while the page is open.
 */
export function useFetchTheRest(others: readonly (() => Promise<unknown>)[]): void {
  const router = useRouter();
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per page load
  useEffect(() => {
    let stopped = false;
    const pages = Object.values(router.routesById).map((route) => () => router.loadRouteChunk(route));
    const fetchAll = async () => {
      // One after the other: what the person asks for meanwhile goes first.
      for (const fetchOne of [...others, ...pages]) {
        if (stopped) return;
        await fetchOne();
      }
    };
    const timer = setTimeout(() => {
      // What can't be had now is asked for again when it is needed.
      fetchAll().catch(() => {});
    }, REST_MS);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, []);
}
