import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { ProblemError } from '@/api/problem';
import { meWith } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import { StartProblem } from './route-problem';

it('says on a page of its own that nothing can be opened, and tries again when told to', async () => {
  let away = true;
  const root = createRootRoute();
  const page = createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: () => {
      if (away) throw new ProblemError({ status: 503, code: 'unavailable' });
    },
    component: () => <h1>Here again</h1>,
    errorComponent: StartProblem,
  });
  const router = createRouter({ routeTree: root.addChildren([page]), history: createMemoryHistory() });
  render(<RouterProvider router={router as never} />, { wrapper: signedIn(meWith()).wrapper });
  expect(await screen.findByRole('heading', { level: 1, name: "Inventiv can't be opened" })).toBeInTheDocument();
  expect(screen.getByRole('main')).toContainElement(screen.getByRole('alert'));
  away = false;
  await userEvent.setup().click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Here again' })).toBeInTheDocument();
});
