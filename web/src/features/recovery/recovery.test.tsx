import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { ConfirmEmailPage } from './confirm-email-page';
import { ForgotPasswordPage } from './forgot-password-page';
import { ResetPasswordPage } from './reset-password-page';

afterEach(() => vi.unstubAllGlobals());

const refusal = (field: string, code: string) => ({
  status: 422,
  body: { code: 'validation_failed', status: 422, errors: [{ field, code, message: 'does not work' }] },
});

it('sends the link without saying whether there is such an account', async () => {
  const sent = answering({ 'POST /auth/password-reset/request': { status: 202 } });
  renderWithLinks(<ForgotPasswordPage />, meWith());
  const user = userEvent.setup();
  await user.type(await screen.findByRole('textbox', { name: 'E-mail' }), 'ada@example.com');
  await user.click(screen.getByRole('button', { name: 'Send link' }));
  expect(await screen.findByText(/If ada@example.com belongs to an account/)).toBeInTheDocument();
  expect(sent.find(({ call }) => call.startsWith('POST'))?.body).toEqual({ email: 'ada@example.com' });
  expect(screen.getByText('Check your inbox')).toBeInTheDocument();
});

it('tells of no mail on its way where the server sends none', async () => {
  answering({
    'GET /version': { body: { version: '1', sends_mail: false } },
    'POST /auth/password-reset/request': { status: 202 },
  });
  renderWithLinks(<ForgotPasswordPage />, meWith());
  expect(await screen.findByText(/No mail server is configured here/)).toBeInTheDocument();
  const user = userEvent.setup();
  await user.type(screen.getByRole('textbox', { name: 'E-mail' }), 'ada@example.com');
  await user.click(screen.getByRole('button', { name: 'Send link' }));
  expect(await screen.findByText(/is kept on the server/)).toBeInTheDocument();
  expect(screen.queryByText(/on its way/)).not.toBeInTheDocument();
});

async function choosePassword(password: string) {
  renderWithLinks(<ResetPasswordPage token="t1" />, meWith());
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText('New password'), password);
  await user.type(screen.getByLabelText('Repeat new password'), password);
  await user.click(screen.getByRole('button', { name: 'Set password' }));
}

it('sets the password with the token of the link', async () => {
  const sent = answering({ 'POST /auth/password-reset/reset': { status: 204 } });
  await choosePassword('a long enough password');
  expect(await screen.findByText('Your password is set')).toBeInTheDocument();
  expect(sent[0]?.body).toEqual({ token: 't1', password: 'a long enough password' });
  expect(screen.getByRole('link', { name: 'Sign in' })).toBeInTheDocument();
});

it('explains a refused password next to its field, and the link stays good', async () => {
  answering({ 'POST /auth/password-reset/reset': refusal('password', 'common_password') });
  await choosePassword('password12345');
  expect(await screen.findByText(/among the first passwords that are tried/)).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Set password' })).toBeInTheDocument();
});

it('leads from a link that does not work to a new one', async () => {
  answering({ 'POST /auth/password-reset/reset': refusal('token', 'invalid_token') });
  await choosePassword('a long enough password');
  expect(await screen.findByRole('alert')).toHaveTextContent("This link doesn't work (any more)");
  expect(screen.getByRole('link', { name: 'Ask for a new link' })).toHaveAttribute('href', '/forgot-password');
});

it('confirms a new address only when somebody presses the button', async () => {
  const sent = answering({ 'POST /auth/me/email/confirm': { status: 204 } });
  renderWithLinks(<ConfirmEmailPage token="t2" />, meWith());
  const confirm = await screen.findByRole('button', { name: 'Confirm this address' });
  expect(sent).toEqual([]);
  await userEvent.setup().click(confirm);
  expect(await screen.findByText('Your address is changed')).toBeInTheDocument();
  expect(sent[0]?.body).toEqual({ token: 't2' });
});
