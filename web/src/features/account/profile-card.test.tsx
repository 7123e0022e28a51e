import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { meQuery } from '@/features/session/session';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import { ProfileCard } from './profile-card';

afterEach(() => vi.unstubAllGlobals());

it('keeps what is being typed when the account changes elsewhere, and can be saved once', async () => {
  const sent = answering({ 'PUT /auth/me': (body) => ({ body: meWith(body as object) }) });
  const { queries, wrapper } = signedIn(meWith());
  render(<ProfileCard />, { wrapper });
  const user = userEvent.setup();
  const first = screen.getByRole('textbox', { name: 'First name' });
  await user.clear(first);
  await user.type(first, 'Augusta');
  act(() => queries.setQueryData(meQuery.queryKey, meWith({ first_name: 'Theirs', last_name: 'King' })));
  await waitFor(() => expect(screen.getByRole('textbox', { name: 'Last name' })).toHaveValue('King'));
  expect(first).toHaveValue('Augusta');
  const save = screen.getByRole('button', { name: 'Save profile' });
  await user.click(save);
  const body = { first_name: 'Augusta', last_name: 'King', username: 'ada' };
  await waitFor(() => expect(sent).toContainEqual({ call: 'PUT /auth/me', body }));
  await waitFor(() => expect(save).toBeDisabled());
});
