import { act, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { ProblemError } from '@/api/problem';
import { serverAnswered, serverSilent } from '@/api/reachability';
import { ConnectionBar } from './connection-bar';
import { Loaded } from './loaded';

afterEach(() => act(() => serverAnswered()));

it('says that the server is away and since when, and goes by itself', () => {
  render(<ConnectionBar />);
  const bar = screen.getByRole('region', { name: 'Connection' });
  expect(bar).toBeEmptyDOMElement();
  act(() => serverSilent(new Date(2026, 10, 20, 9, 5, 7).getTime()));
  expect(bar).toHaveTextContent(/20 Nov 2026|Nov 20, 2026/);
  expect(bar).toHaveTextContent(/0?9:05:07/);
  act(() => serverAnswered());
  expect(bar).toBeEmptyDOMElement();
});

it('leaves it to the bar to say why nothing comes, instead of a box for each part of a page', () => {
  const query = { data: undefined, isError: true, error: new TypeError('Failed to fetch'), refetch: () => {} };
  const shown = render(
    <Loaded query={query as never} skeleton={<p>skeleton</p>}>
      {() => null}
    </Loaded>,
  );
  // One address that fails alone says so itself.
  expect(screen.getByRole('alert')).toBeInTheDocument();
  act(() => serverSilent());
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  expect(screen.getByText('This appears as soon as the server answers.')).toBeInTheDocument();
  const refused = { ...query, error: new ProblemError({ status: 403, code: 'forbidden' }) };
  shown.rerender(
    <Loaded query={refused as never} skeleton={<p>skeleton</p>}>
      {() => null}
    </Loaded>,
  );
  expect(screen.getByRole('alert')).toBeInTheDocument();
});
