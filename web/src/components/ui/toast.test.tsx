import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { dismissToast, toast, toasts } from '@/lib/toasts';
import { Menu, MenuItem } from './menu';
import { Toaster } from './toast';

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
});
afterEach(() => {
  vi.useRealTimers();
  for (const { id } of toasts()) dismissToast(id);
});

it('says it in a live region, and leaves by itself', async () => {
  render(<Toaster />);
  const region = screen.getByRole('region', { name: 'Notifications' });
  expect(region).toHaveAttribute('aria-live', 'polite');
  act(() => toast({ title: 'Saved' }));
  expect(region).toHaveTextContent('Saved');
  await act(() => vi.advanceTimersByTimeAsync(6_000));
  expect(region).not.toHaveTextContent('Saved');
});

it('stays while somebody stands in it, and goes when it is told to', async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  render(<Toaster />);
  act(() => {
    toast({ title: 'First' });
    toast({ title: 'Second' });
  });
  await user.tab();
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(screen.getByText('First')).toBeVisible();
  await user.keyboard('{Enter}');
  expect(screen.queryByText('First')).not.toBeInTheDocument();
  await act(() => vi.advanceTimersByTimeAsync(6_000));
  expect(screen.queryByText('Second')).not.toBeInTheDocument();
});

it('leaves Escape to the menu in front', async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  render(
    <>
      <Menu trigger={<button type="button">More</button>}>
        <MenuItem>Edit</MenuItem>
      </Menu>
      <Toaster />
    </>,
  );
  await user.click(screen.getByRole('button', { name: 'More' }));
  act(() => toast({ title: 'Saved' }));
  await user.keyboard('{Escape}');
  expect(screen.queryByRole('menu')).not.toBeInTheDocument();
  expect(screen.getByText('Saved')).toBeVisible();
});
