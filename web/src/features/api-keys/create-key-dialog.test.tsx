import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { meWith } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import { CreateKeyDialog } from './create-key-dialog';

const onOpenChange = vi.fn();
let keyAnswer: () => Response;

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

beforeEach(() => {
  vi.clearAllMocks();
  keyAnswer = () => json(201, { id: 'k1', name: 'CI', prefix: 'inv_1', key: 'inv_1_the_secret' });
  vi.stubGlobal('fetch', async (request: Request) =>
    request.method === 'POST' ? keyAnswer() : json(200, { items: [], next_cursor: null }),
  );
});
afterEach(() => vi.unstubAllGlobals());

async function createKey() {
  const { wrapper } = signedIn(meWith());
  render(<CreateKeyDialog open onOpenChange={onOpenChange} />, { wrapper });
  const user = userEvent.setup();
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'CI');
  await user.click(screen.getByRole('button', { name: 'Create API key' }));
  return user;
}

it('asks for a name before it asks the server', async () => {
  const { wrapper } = signedIn(meWith());
  render(<CreateKeyDialog open onOpenChange={onOpenChange} />, { wrapper });
  await userEvent.setup().click(screen.getByRole('button', { name: 'Create API key' }));
  expect(await screen.findByText('Enter a name.')).toBeInTheDocument();
});

it('shows the secret and lets nobody leave before saying that it is stored', async () => {
  const user = await createKey();
  expect(await screen.findByRole('textbox', { name: 'API key' })).toHaveValue('inv_1_the_secret');
  expect(screen.getByRole('button', { name: 'Done' })).toBeDisabled();
  expect(screen.queryByRole('button', { name: 'Close' })).not.toBeInTheDocument();
  await user.keyboard('{Escape}');
  expect(onOpenChange).not.toHaveBeenCalled();
  await user.click(screen.getByRole('checkbox', { name: 'I stored it' }));
  await user.click(screen.getByRole('button', { name: 'Done' }));
  expect(onOpenChange).toHaveBeenCalledWith(false);
  expect(screen.queryByDisplayValue('inv_1_the_secret')).not.toBeInTheDocument();
});

it('says so when the server answers a repeated request without the secret', async () => {
  keyAnswer = () => json(201, { id: 'k1', name: 'CI', prefix: 'inv_1', secret_already_shown: true });
  await createKey();
  expect(await screen.findByText('The secret was already shown')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Done' })).toBeEnabled();
});

it('shows a refused name next to its field', async () => {
  keyAnswer = () =>
    json(422, {
      code: 'validation_failed',
      status: 422,
      errors: [{ field: 'name', code: 'taken', message: 'is taken' }],
    });
  await createKey();
  expect(await screen.findByText('This is already taken.')).toBeInTheDocument();
  await waitFor(() => expect(screen.getByRole('textbox', { name: 'Name' })).toBeInvalid());
});
