import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import type { Me } from '@/api/shapes';
import { signedIn } from './wrapper';

/** Shows something that has links, as a signed-in person; the links lead nowhere. */
export function renderWithLinks(content: ReactNode, me: Me) {
  const { queries, wrapper } = signedIn(me);
  const router = createRouter({
    routeTree: createRootRoute({ component: () => content }),
    history: createMemoryHistory(),
    defaultNotFoundComponent: () => content,
  });
  // The router of a test has no routes, so it isn't the application's by type.
  render(<RouterProvider router={router as never} />, { wrapper });
  return { queries, router };
}
