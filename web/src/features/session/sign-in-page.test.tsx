import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { SignInPage } from './sign-in-page';

afterEach(() => vi.unstubAllGlobals());

const acme = '30000000-0000-4000-8000-000000000001';

async function signIn(entering: { status?: number; body: unknown }) {
  const sent = answering({ 'POST /auth/login': { body: meWith() }, 'PUT /organizations/current': entering });
  const { router } = renderWithLinks(<SignInPage returnTo="/api-keys" workspace={acme} />, meWith());
  const user = userEvent.setup();
  await vi.waitFor(() => expect(screen.getByRole('textbox', { name: 'E-mail or username' })).toHaveFocus());
  await user.keyboard('ann{Tab}the password{Enter}');
  await vi.waitFor(() => expect(router.state.location.pathname).toBe('/api-keys'));
  return sent;
}

it('leads back into the organization that a session ended in, and begins where one types', async () => {
  const sent = await signIn({ body: meWith({ current_organization_id: acme }) });
  expect(sent.at(-1)).toEqual({ call: 'PUT /organizations/current', body: { organization_id: acme } });
});

it('leads to the page all the same when the organization is closed to the one who signed in', async () => {
  await signIn({ status: 404, body: { code: 'not_found', status: 404 } });
});

it('enters the organization that the address to return to names', async () => {
  const sent = answering({
    'POST /auth/login': { body: meWith() },
    'GET /organizations': { body: { items: [{ id: acme, slug: 'acme' }], next_cursor: null } },
    'PUT /organizations/current': { body: meWith({ current_organization_id: acme }) },
  });
  renderWithLinks(<SignInPage returnTo="/instances?workspace=acme" />, meWith());
  await vi.waitFor(() => expect(screen.getByRole('textbox', { name: 'E-mail or username' })).toHaveFocus());
  await userEvent.setup().keyboard('ann{Tab}the password{Enter}');
  await vi.waitFor(() =>
    expect(sent.at(-1)).toEqual({ call: 'PUT /organizations/current', body: { organization_id: acme } }),
  );
});
