import type { Page } from '@playwright/test';
import { Api } from '../fixtures/api';
import { look } from '../fixtures/look';
import { mailsTo, mailTo } from '../fixtures/mail';
import { wordsOf } from '../fixtures/pages';
import { addAccount, addressOf, organizationOf } from '../fixtures/people';
import { expect, test } from '../fixtures/test';

test('an owner invites several people at once, and each gets a mail with a link', async ({ program, visit }) => {
  const acme = await organizationOf(program, 'Inviting Several', {
    'several-owner': 'owner',
    'several-member': 'user',
  });
  const page = await visit({ as: addressOf('several-owner'), in: acme.id });
  await page.goto('organization/invitations');
  await page.getByRole('button', { name: 'Invite people' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Invite people to Inviting Several' });
  const addresses = dialog.getByRole('textbox', { name: 'E-mail addresses' });

  await addresses.fill('Ada Lovelace <Several.Ada@Example.test>, several.grace@example.test\nseveral.broken@home');
  await dialog.getByRole('button', { name: 'Send 3 invitations' }).click();
  await expect(dialog).toContainText("This isn't an e-mail address: several.broken@home");
  await expect(addresses).toHaveAttribute('aria-invalid', 'true');
  await look(page, 'invite-refused');
  expect(mailsTo(program, 'several.ada@example.test')).toEqual([]);

  await addresses.fill(`Several.Ada@Example.test; several.grace@example.test; ${addressOf('several-member')}`);
  await dialog.getByRole('radio', { name: /^Manager/ }).check();
  await dialog.getByRole('button', { name: 'Send 3 invitations' }).click();
  const results = page.getByRole('list', { name: 'Invitations' });
  await expect(results.getByRole('listitem').filter({ hasText: 'several.ada@example.test' })).toContainText('Invited');
  await expect(results.getByRole('listitem').filter({ hasText: 'several-member' })).toContainText('Is a member');
  await look(page, 'invite-results');
  const shown = page.getByRole('textbox', { name: 'Link for several.ada@example.test' });
  const mail = await mailTo(program, 'several.ada@example.test', 'invitation');
  await expect(shown).toHaveValue(mail.link);
  expect(mail.subject).toBe('Several-owner invites you to Inviting Several');
  await page.getByRole('button', { name: 'Done' }).click();
  const table = page.getByRole('table', { name: 'Invitations' });
  await expect(table.getByRole('row').filter({ hasText: 'several.grace@example.test' })).toContainText('Pending');
  await look(page, 'invitations');

  await page.getByRole('button', { name: 'Invite people' }).first().click();
  await addresses.fill('SEVERAL.ADA@example.test');
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await expect(results.getByRole('listitem')).toContainText('Invited before');
});

test('somebody without an account makes one with the invitation and is in', async ({ program, visit }) => {
  const { link } = await invited(program, 'Joining Anew', 'Anew@Example.test');
  const page = await visit();
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1, name: 'Join Joining Anew' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'E-mail' })).toHaveValue('anew@example.test');
  await look(page, 'invitation-new-account');
  await page.getByLabel('Password', { exact: true }).fill('Password1234');
  await page.getByLabel('Repeat password').fill('Password1234');
  await page.getByRole('button', { name: 'Create account and join' }).click();
  await expect(page.getByText('This is among the first passwords that are tried.')).toBeVisible();
  await page.getByRole('textbox', { name: 'First name' }).fill('Anna');
  await page.getByLabel('Password', { exact: true }).fill(program.admin.password);
  await page.getByLabel('Repeat password').fill(program.admin.password);
  await page.getByRole('button', { name: 'Create account and join' }).click();
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Joining Anew · you are User');

  await page.goto(link);
  await expect(page.getByRole('alert')).toContainText('This invitation was accepted already');
});

test('an invitation by a French speaker is French from the mail to the first page', async ({ program, visit }) => {
  await addAccount(program, 'francoise', { locale: 'fr' });
  const francoise = await Api.signIn(program, addressOf('francoise'));
  await francoise.send('POST', '/organizations', { name: 'Société Exemple' });
  await francoise.enter('Société Exemple');
  await francoise.send('POST', '/organizations/current/invitations', { email: 'pierre@example.test', role: 'manager' });
  const mail = await mailTo(program, 'pierre@example.test', 'invitation');
  expect(mail.subject).toBe('francoise vous invite à rejoindre Société Exemple');

  const page = await visit({ locale: 'fr-FR' });
  await page.goto(mail.link);
  await expect(page.getByRole('heading', { level: 1, name: 'Rejoindre Société Exemple' })).toBeVisible();
  await look(page, 'invitation-french');
  await page.getByLabel('Mot de passe', { exact: true }).fill(program.admin.password);
  await page.getByLabel(wordsOf('fr', 'invitations.page.repeatPassword')).fill(program.admin.password);
  await page.getByRole('button', { name: wordsOf('fr', 'invitations.page.createAccount') }).click();
  await expect(page.getByRole('heading', { level: 1, name: wordsOf('fr', 'dashboard.title') })).toBeVisible();
  await expect(page.getByRole('region', { name: wordsOf('fr', 'session.banner') })).toContainText(
    wordsOf('fr', 'organizations.role.manager'),
  );
  expect((await (await page.context().request.get(`${program.url}/auth/me`)).json()).locale).toBe('fr');
});

test('somebody with an account signs in on the page of the invitation, then accepts', async ({ program, visit }) => {
  const email = await addAccount(program, 'accepting');
  const { link } = await invited(program, 'Joining Signed Out', email);
  const page = await visit();
  await page.goto(link);
  await expect(page.getByText('There is an account for this address. Sign in to accept.')).toBeVisible();
  await look(page, 'invitation-sign-in');
  await page.getByLabel('Password').fill(program.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Accept invitation' }).click();
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Joining Signed Out · you are User');

  // Accepting an invitation to where one is already changes nothing and leads there.
  const api = await Api.signIn(program);
  await api.enter('Joining Signed Out');
  const answer = api.send('POST', '/organizations/current/invitations', { email: email.toUpperCase(), role: 'user' });
  await expect(answer).rejects.toThrow(/already_member/);
});

test('the wrong account is told whom the invitation is for and changes over', async ({ program, visit }) => {
  const [email, other] = [await addAccount(program, 'rightful'), await addAccount(program, 'bystander')];
  const { link } = await invited(program, 'Joining Wrongly', email);
  const page = await visit({ as: other });
  await page.goto(link);
  const notice = page.getByRole('alert');
  await expect(notice).toContainText('This invitation is for somebody else');
  await expect(notice).toContainText(`It is for ${email}; you are signed in as ${other}.`);
  await look(page, 'invitation-wrong-account');
  await page.getByRole('button', { name: 'Use another account' }).click();
  await expect(page.getByRole('textbox', { name: 'E-mail or username' })).toHaveValue(email);
  await page.getByLabel('Password').fill(program.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Accept invitation' }).click();
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Joining Wrongly · you are User');
});

test('a member who opens an invitation once more is let through', async ({ program, visit }) => {
  const email = await addAccount(program, 'twofold');
  const { link } = await invited(program, 'Joining Twice', email);
  const [first, second] = [await visit({ as: email }), await visit({ as: email })];
  for (const page of [first, second]) {
    await page.goto(link);
    await expect(page.getByRole('button', { name: 'Accept invitation' })).toBeVisible();
  }
  await look(second, 'invitation-accept');
  for (const page of [first, second]) {
    await page.getByRole('button', { name: 'Accept invitation' }).click();
    await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Joining Twice · you are User');
  }
});

test('a withdrawn, an expired and a mistyped invitation say what to do', async ({ page, program, visit }) => {
  const withdrawn = await invited(program, 'Joining Too Late', 'withdrawn@example.test');
  const owner = await visit({ as: program.admin.email, in: withdrawn.organization });
  await owner.goto('organization/invitations');
  await owner.getByRole('button', { name: 'Actions for withdrawn@example.test' }).click();
  await owner.getByRole('menuitem', { name: 'Withdraw' }).click();
  await owner.getByRole('alertdialog').getByRole('button', { name: 'Withdraw invitation' }).click();
  await expect(rowOf(owner, 'withdrawn@example.test')).toContainText('Withdrawn');
  await page.goto(withdrawn.link);
  await expect(page.getByRole('alert')).toContainText('This invitation was withdrawn');
  await look(page, 'invitation-withdrawn');

  const expired = await invited(program, 'Joining Later', 'expired@example.test');
  program.sql(`UPDATE organization_invitations SET expires_at = now() - interval '1 minute', created_at = now() - interval '8 days'
    WHERE email = 'expired@example.test'`);
  await page.goto(expired.link);
  await expect(page.getByRole('alert')).toContainText('This invitation has expired');

  await page.goto(`${program.url}/app/invitation#token=mistyped`);
  await expect(page.getByRole('alert')).toContainText("This invitation doesn't work");
  await look(page, 'invitation-unknown');
});

test('sending an invitation again makes the old link useless', async ({ page, program, visit }) => {
  const { link, organization } = await invited(program, 'Joining Again', 'again@example.test');
  const owner = await visit({ as: program.admin.email, in: organization });
  await owner.goto('organization/invitations');
  await owner.getByRole('button', { name: 'Actions for again@example.test' }).click();
  await owner.getByRole('menuitem', { name: 'Send again' }).click();
  const dialog = owner.getByRole('dialog', { name: 'New link for again@example.test' });
  const renewed = await dialog.getByRole('textbox').inputValue();
  await look(owner, 'invitation-sent-again');
  expect((await mailTo(program, 'again@example.test', 'invitation', 2)).link).toBe(renewed);
  await page.goto(link);
  await expect(page.getByRole('alert')).toContainText("This invitation doesn't work");
  await page.goto(renewed);
  await expect(page.getByRole('heading', { level: 1, name: 'Join Joining Again' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Create account and join' })).toBeVisible();
});

test('what a demoted inviter promised waits for somebody who may promise it', async ({ page, program, visit }) => {
  const people = { 'promising-owner': 'owner', promising: 'admin' } as const;
  const { id } = await organizationOf(program, 'Joining Unapproved', people);
  const inviter = await Api.signIn(program, addressOf('promising'));
  await inviter.enterById(id);
  await inviter.send('POST', '/organizations/current/invitations', { email: 'promised@example.test', role: 'admin' });
  const { link } = await mailTo(program, 'promised@example.test', 'invitation');

  const owner = await visit({ as: addressOf('promising-owner'), in: id });
  await owner.goto('organization/members');
  await owner.getByRole('button', { name: 'Actions for Promising', exact: true }).click();
  await owner.getByRole('menuitem', { name: 'Change role' }).click();
  const dialog = owner.getByRole('dialog', { name: 'Change the role of Promising' });
  await dialog.getByRole('radio', { name: /^User/ }).check();
  await dialog.getByRole('button', { name: 'Change role' }).click();
  await expect(dialog).toHaveCount(0);

  await page.goto(link);
  await expect(page.getByRole('alert')).toContainText('This invitation waits for approval');
  await look(page, 'invitation-unapproved');
  await owner.goto('organization/invitations?status=needs_approval');
  await expect(rowOf(owner, 'promised@example.test')).toContainText('Needs approval');
  await owner.getByRole('button', { name: 'Actions for promised@example.test' }).click();
  await owner.getByRole('menuitem', { name: 'Send again' }).click();
  await expect(owner.getByRole('dialog')).toBeVisible();
  const renewed = await mailTo(program, 'promised@example.test', 'invitation', 2);
  await page.goto(renewed.link);
  await expect(page.getByRole('button', { name: 'Create account and join' })).toBeVisible();
});

/** A new organization of the admin's, and the link of an invitation to it as User. */
async function invited(program: Parameters<typeof mailTo>[0], organization: string, email: string) {
  const { id } = await organizationOf(program, organization, {});
  const api = await Api.signIn(program);
  await api.enterById(id);
  await api.send('POST', '/organizations/current/invitations', { email, role: 'user' });
  return { organization: id, link: (await mailTo(program, email.toLowerCase(), 'invitation')).link };
}

function rowOf(page: Page, address: string) {
  return page.getByRole('table', { name: 'Invitations' }).getByRole('row').filter({ hasText: address });
}
