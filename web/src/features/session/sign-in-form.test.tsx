import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { SignInForm } from './sign-in-form';

afterEach(() => vi.unstubAllGlobals());

const challenge = {
  status: 202,
  body: {
    second_factor_required: true,
    challenge: 'c1',
    methods: ['totp', 'passkey', 'recovery_code'],
    passkey_options: { challenge: 'AQ', allowCredentials: [] },
    expires_at: '2026-01-01T00:05:00Z',
  },
};

async function givePassword(answers: Parameters<typeof answering>[0]) {
  const sent = answering({ 'POST /auth/login': challenge, ...answers });
  const onSignedIn = vi.fn();
  renderWithLinks(<SignInForm onSignedIn={onSignedIn} />, meWith());
  const user = userEvent.setup();
  await user.type(await screen.findByRole('textbox', { name: 'E-mail or username' }), 'ann');
  await user.type(screen.getByLabelText('Password'), 'the password');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  await screen.findByRole('heading', { name: 'One more step' });
  return { sent, onSignedIn, user };
}

it('asks for the second factor and sends it with the challenge', async () => {
  const { sent, onSignedIn, user } = await givePassword({ 'POST /auth/login/second-factor': { body: meWith() } });
  expect(onSignedIn).not.toHaveBeenCalled();
  // This browser has no passkeys, so none is offered.
  expect(screen.queryByRole('button', { name: 'Use a passkey' })).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Use a recovery code' }));
  await user.type(screen.getByRole('textbox', { name: 'Recovery code' }), 'aaaaa-bbbbb');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  await vi.waitFor(() => expect(onSignedIn).toHaveBeenCalled());
  expect(sent.at(-1)).toEqual({
    call: 'POST /auth/login/second-factor',
    body: { challenge: 'c1', recovery_code: 'aaaaa-bbbbb' },
  });
});

it('stays with a wrong code, and goes back to the password when the sign-in is over', async () => {
  let code = 'invalid_second_factor';
  const { user } = await givePassword({
    'POST /auth/login/second-factor': () => ({ status: 401, body: { status: 401, code } }),
  });
  await user.type(screen.getByRole('textbox', { name: 'Code' }), '000000');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByRole('alert')).toHaveTextContent("That isn't right");
  code = 'challenge_ended';
  await user.type(screen.getByRole('textbox', { name: 'Code' }), '000000');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByText('This sign-in is over')).toBeInTheDocument();
  expect(screen.getByLabelText('Password')).toHaveValue('');
});
