import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { showLanguage } from '@/i18n/language';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { MailDelivery } from './delivery';
import { InvitationPage } from './invitation-page';
import { InviteDialog } from './invite-dialog';

afterEach(async () => {
  vi.unstubAllGlobals();
  await showLanguage('en');
});

const me = meWith({ current_organization_id: 'o1', current_organization_name: 'Acme' });
const path = '/organizations/current/invitations';

async function invite(addresses: string) {
  renderWithLinks(<InviteDialog open onOpenChange={vi.fn()} />, me);
  const user = userEvent.setup();
  await user.type(await screen.findByRole('textbox', { name: 'E-mail addresses' }), addresses);
  await user.click(screen.getByRole('radio', { name: 'Manager' }));
  await user.click(screen.getByRole('button', { name: /^Send/ }));
}

it('invites a whole list at once and says what became of each address, with links where there is no mail', async () => {
  const link = 'https://inventiv.example/app/invitation#token=t1';
  const sent = answering({
    [`POST ${path}`]: {
      status: 201,
      body: {
        items: [
          { email: 'ada@example.com', result: 'invited', invitation: { id: 'i1', email: 'ada@example.com', link } },
          { email: 'bob@example.com', result: 'already_member', invitation: null },
        ],
      },
    },
  });
  await invite('ada@example.com, bob@example.com');
  expect(await screen.findByText('No mail server is configured')).toBeInTheDocument();
  const body = { emails: ['ada@example.com', 'bob@example.com'], role: 'manager' };
  expect(sent).toContainEqual({ call: `POST ${path}`, body });
  expect(screen.getByRole('textbox', { name: 'Link for ada@example.com' })).toHaveValue(link);
  expect(within(screen.getByRole('list', { name: 'Invitations' })).getByText('Is a member')).toBeInTheDocument();
});

it('offers the roles the server lets one invite as', async () => {
  const acme = { id: 'o1', name: 'Acme', slug: 'acme', assignable_roles: ['user', 'manager'] };
  answering({ 'GET /organizations': { body: { items: [acme], next_cursor: null } } });
  const manager = { ...me, current_organization_role: 'manager' as const };
  renderWithLinks(<InviteDialog open onOpenChange={vi.fn()} />, manager);
  expect(await screen.findByText(/^Your role, Manager, gives no other roles/)).toBeInTheDocument();
  expect(screen.getAllByRole('radio')).toHaveLength(2);
  expect(screen.queryByRole('radio', { name: 'Owner' })).not.toBeInTheDocument();
});

it('names what is no address before it asks the server', async () => {
  const sent = answering({});
  await invite('ada@example.com nobody');
  expect(await screen.findByText("This isn't an e-mail address: nobody")).toBeInTheDocument();
  expect(sent.filter(({ call }) => call.startsWith('POST'))).toEqual([]);
});

const invitation = {
  status: 'pending',
  organization_name: 'Acme',
  organization_slug: 'acme',
  organization_color: '#4f46e5',
  role: 'manager',
  invited_by_name: 'Olga Owner',
  email: 'ada@example.com',
  account_exists: true,
  locale: 'en',
  expires_at: '2026-12-01T10:00:00Z',
  lifetime_days: 7,
};
const opened = (change: object) => ({ 'GET /organizations/invitations/t1': { body: { ...invitation, ...change } } });
const nobody = { 'GET /auth/me': { status: 401, body: { code: 'unauthenticated', status: 401 } } };

it('lets the invited person accept and enter', async () => {
  const joined = { organization_id: 'o2', organization_name: 'Acme' };
  const sent = answering({
    ...opened({}),
    'POST /organizations/invitations/t1/accept': { body: joined },
    'PUT /organizations/current': { body: meWith({ current_organization_id: 'o2' }) },
  });
  renderWithLinks(<InvitationPage token="t1" />, meWith({ email: 'Ada@example.com' }));
  expect(await screen.findByRole('heading', { name: 'Join Acme' })).toBeInTheDocument();
  await userEvent.setup().click(await screen.findByRole('button', { name: 'Accept invitation' }));
  await vi.waitFor(() => expect(sent.at(-1)?.call).toBe('PUT /organizations/current'));
  expect(sent.at(-1)?.body).toEqual({ organization_id: 'o2' });
});

it('tells somebody else who is invited and offers to change over', async () => {
  answering({ ...opened({}), ...nobody, 'POST /auth/logout': { status: 204 } });
  renderWithLinks(<InvitationPage token="t1" />, meWith({ email: 'bob@example.com' }));
  expect(await screen.findByRole('alert')).toHaveTextContent(
    'It is for ada@example.com; you are signed in as bob@example.com.',
  );
  await userEvent.setup().click(screen.getByRole('button', { name: 'Use another account' }));
  expect(await screen.findByRole('textbox', { name: 'E-mail or username' })).toHaveValue('ada@example.com');
});

it('makes an account for the invited address only, in the language shown', async () => {
  const sent = answering({
    ...opened({ account_exists: false }),
    ...nobody,
    'POST /organizations/invitations/t1/accept': {
      status: 422,
      body: {
        code: 'validation_failed',
        status: 422,
        errors: [{ field: 'username', code: 'taken', message: 'is taken' }],
      },
    },
  });
  const { queries } = renderWithLinks(<InvitationPage token="t1" />, meWith());
  queries.removeQueries({ queryKey: ['me'] });
  const user = userEvent.setup();
  expect(await screen.findByRole('textbox', { name: 'E-mail' })).toHaveAttribute('readonly');
  expect(screen.getByRole('textbox', { name: 'Username' })).toHaveValue('ada');
  await user.type(screen.getByLabelText('Password'), 'a long enough password');
  await user.type(screen.getByLabelText('Repeat password'), 'a long enough password');
  await user.click(screen.getByRole('button', { name: 'Create account and join' }));
  expect(await screen.findByText('This is already taken.')).toBeInTheDocument();
  expect(sent.at(-1)?.body).toMatchObject({ username: 'ada', password: 'a long enough password', locale: 'en' });
});

it("speaks the language of the invited person's account", async () => {
  answering({ ...opened({ locale: 'fr' }), ...nobody });
  renderWithLinks(<InvitationPage token="t1" />, meWith());
  expect(await screen.findByRole('heading', { name: 'Rejoindre Acme' })).toBeInTheDocument();
});

it.each([
  ['expired', 'This invitation has expired'],
  ['revoked', 'This invitation was withdrawn'],
  ['accepted', 'This invitation was accepted already'],
  ['needs_approval', 'This invitation waits for approval'],
])('says that it is %s', async (status, words) => {
  answering({ ...opened({ status }), ...nobody });
  renderWithLinks(<InvitationPage token="t1" />, meWith());
  expect(await screen.findByRole('alert')).toHaveTextContent(words);
});

it('says that a link nobody was given does not work', async () => {
  answering({});
  renderWithLinks(<InvitationPage token="t1" />, meWith());
  expect(await screen.findByRole('alert')).toHaveTextContent("This invitation doesn't work");
});

it("shows what became of an open invitation's mail, with the words of the server", async () => {
  const row = { id: 'i1', invited_by: 'u1', created_at: '2026-11-27T10:00:00Z', accepted_at: null, revoked_at: null };
  const refused = { status: 'refused', at: '2026-11-27T10:00:01Z', reply: '550 5.1.1 No such user' } as const;
  const shown = { ...invitation, ...row, status: 'pending', role: 'user', delivery: refused } as const;
  const accepted = { ...shown, status: 'accepted' } as const;
  const both = (
    <>
      <MailDelivery invitation={shown} />
      <MailDelivery invitation={accepted} />
    </>
  );
  renderWithLinks(both, meWith());
  // Once it is accepted, the mail doesn't matter any more.
  expect(await screen.findByText(/The mail was refused/)).toHaveTextContent('550 5.1.1 No such user');
});
