import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import type { FactorDialog } from './dialogs';
import { SecondFactorsCard } from './second-factors-card';

afterEach(() => vi.unstubAllGlobals());

const none = { totp: null, passkeys: [], passkeys_unavailable: null, recovery_codes_left: 0 };
const secret = { secret: 'ABCDEFGH', otpauth_uri: 'otpauth://totp/x?secret=ABCDEFGH' };
const start = 'POST /auth/me/totp';

/** The card with an address of its own. */
function Addressed({ dialog, onDialog }: { dialog?: FactorDialog; onDialog?: (dialog: FactorDialog) => void }) {
  const [open, setOpen] = useState(dialog);
  const go = (next: FactorDialog) => {
    onDialog?.(next);
    // As a router does: a moment later.
    setTimeout(() => setOpen(next));
  };
  return <SecondFactorsCard dialog={open} onDialog={go} />;
}

const title = 'Add an authenticator app';

it('opens the dialog of an authenticator app from the address, with a secret made once', async () => {
  const sent = answering({ 'GET /auth/me/second-factors': { body: none }, [start]: { body: secret } });
  const onDialog = vi.fn();
  render(<Addressed dialog="totp" onDialog={onDialog} />, { wrapper: signedIn(meWith()).wrapper });
  expect(await screen.findByRole('dialog', { name: title })).toHaveTextContent('ABCD EFGH');
  await userEvent.setup().click(screen.getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(onDialog).toHaveBeenLastCalledWith(undefined);
  expect(sent.filter(({ call }) => call === start)).toHaveLength(1);
});

it('goes from the dialog to the recovery codes, and makes no second secret on the way', async () => {
  let factors: object = none;
  const codes = ['one-code', 'two-code'];
  const sent = answering({
    'GET /auth/me/second-factors': () => ({ body: factors }),
    [start]: { body: secret },
    'POST /auth/me/totp/confirm': () => {
      factors = { ...none, totp: { created_at: '2026-11-01T10:00:00Z' }, recovery_codes_left: 2 };
      return { body: { recovery_codes: codes } };
    },
  });
  render(<Addressed dialog="totp" />, { wrapper: signedIn(meWith()).wrapper });
  const user = userEvent.setup();
  await user.type(await screen.findByRole('textbox', { name: 'Code' }), '123456');
  await user.click(screen.getByRole('button', { name: 'Confirm code' }));
  expect(await screen.findByText('one-code')).toBeInTheDocument();
  expect(await screen.findByRole('button', { name: 'Remove app', hidden: true })).toBeInTheDocument();
  expect(screen.getAllByRole('dialog')).toHaveLength(1);
  expect(sent.filter(({ call }) => call === start)).toHaveLength(1);
});

it('opens it by its button, anew after a refusal', async () => {
  let refused = true;
  answering({
    'GET /auth/me/second-factors': { body: none },
    [start]: () => (refused ? { status: 503, body: { status: 503, code: 'unavailable' } } : { body: secret }),
  });
  const onDialog = vi.fn();
  render(<Addressed onDialog={onDialog} />, { wrapper: signedIn(meWith()).wrapper });
  const user = userEvent.setup();
  await user.click(await screen.findByRole('button', { name: 'Add an app' }));
  expect(await screen.findByRole('alert')).toBeInTheDocument();
  refused = false;
  await user.click(screen.getByRole('button', { name: 'Add an app' }));
  expect(await screen.findByRole('dialog', { name: title })).toBeInTheDocument();
  expect(onDialog.mock.calls).toEqual([['totp'], [undefined], ['totp']]);
});

it('makes no secret for an account that has an app', async () => {
  const totp = { created_at: '2026-11-01T10:00:00Z' };
  const sent = answering({ 'GET /auth/me/second-factors': { body: { ...none, totp } } });
  render(<Addressed dialog="totp" />, { wrapper: signedIn(meWith()).wrapper });
  expect(await screen.findByRole('button', { name: 'Remove app' })).toBeInTheDocument();
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(sent.some(({ call }) => call === start)).toBe(false);
});
