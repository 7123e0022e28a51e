import { useSyncExternalStore } from 'react';

/** The widths at which a page changes, as the style sheet has them. */
const widths = { sm: '40rem', md: '48rem', lg: '64rem' };
export type ScreenWidth = keyof typeof widths;

const names = Object.keys(widths) as ScreenWidth[];
const queries = names.map((name) => matchMedia(`(min-width: ${widths[name]})`));

function subscribe(listener: () => void): () => void {
  for (const query of queries) query.addEventListener('change', listener);
  return () => {
    for (const query of queries) query.removeEventListener('change', listener);
  };
}

/** How many of the widths the screen has. */
function steps(): number {
  return queries.filter(({ matches }) => matches).length;
}

/** Says whether the screen is as wide as that; whoever asks is drawn again when the answer changes. */
export function useIsAsWideAs(): (width: ScreenWidth) => boolean {
  const reached = useSyncExternalStore(subscribe, steps);
  return (width) => names.indexOf(width) < reached;
}
