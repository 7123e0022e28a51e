import type { Page } from '@playwright/test';
import { Api } from '../fixtures/api';
import { look } from '../fixtures/look';
import { mailTo } from '../fixtures/mail';
import { addAccount, addressOf, organizationOf } from '../fixtures/people';
import { enterAs, expect, test } from '../fixtures/test';

test('a platform admin makes an account, and disabling it ends its sessions until it is enabled', async ({
  program,
  visit,
}) => {
  const page = await visit({ as: program.admin.email });
  await page.goto('users');
  await page.getByRole('button', { name: 'Create user' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create user' });
  await dialog.getByRole('textbox', { name: 'E-mail' }).fill('not an address');
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await expect(dialog).toContainText('Enter an e-mail address such as name@example.com.');
  await dialog.getByRole('textbox', { name: 'E-mail' }).fill('Paula@Example.test');
  await dialog.getByRole('textbox', { name: 'First name' }).fill('Paula');
  await look(page, 'user-create');
  await dialog.getByRole('button', { name: 'Create user' }).click();
  // Its mail is a file here, so the link is also shown, this once.
  const made = page.getByRole('dialog', { name: 'The account paula@example.test was created' });
  await expect(made.getByRole('textbox', { name: 'Link for paula@example.test' })).toHaveValue(/reset-password#token=/);
  await look(page, 'user-created');
  await made.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const paula = await visit();
  await choosePassword(paula, program, 'paula@example.test');
  await expect(paula.getByRole('region', { name: 'Workspace' })).toHaveText('Personal · Only you');

  await page.getByRole('searchbox', { name: 'Find a user' }).fill('paula');
  await expect(rowOf(page, 'Paula')).toContainText('Active');
  await act(page, 'Paula', 'Disable account', 'user-disable');
  await expect(rowOf(page, 'Paula')).toContainText('Disabled');
  await look(page, 'users-disabled');
  await expect(paula.getByRole('heading', { name: 'Sign in to Inventiv' })).toBeVisible();
  await submitSignIn(paula, 'paula@example.test', program.admin.password);
  await expect(paula.getByRole('alert')).toContainText('Wrong e-mail, username or password');

  await act(page, 'Paula', 'Enable account');
  await expect(rowOf(page, 'Paula')).toContainText('Active');
  await submitSignIn(paula, 'paula@example.test', program.admin.password);
  await expect(paula.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
});

test('platform admin is granted and revoked, takes effect in open pages, and the last one stays', async ({
  program,
  visit,
}) => {
  const email = await addAccount(program, 'petra');
  const [page, petra] = [await visit({ as: program.admin.email }), await visit({ as: email })];
  // With an organization to switch to: without any, the page would lead to creating one.
  const own = await Api.signIn(program, email);
  await own.send('POST', '/organizations', { name: 'Petra and Sons' });
  await petra.goto('users');
  await expect(petra.getByRole('heading', { level: 1 })).toHaveText('This page needs an organization');
  await page.goto(`users?q=${email}`);
  await act(page, 'petra', 'Make platform admin');
  await expect(rowOf(page, 'petra')).toContainText('Platform admin');
  await expect(petra.getByRole('heading', { level: 1, name: 'Users' })).toBeVisible();
  await act(page, 'petra', 'Revoke platform admin');
  await expect(rowOf(page, 'petra')).not.toContainText('Platform admin');
  await expect(petra.getByRole('heading', { level: 1 })).toHaveText('This page needs an organization');

  // Other journeys made platform admins too; here only one is wanted.
  const api = await Api.signIn(program);
  for (const { id, email, platform_role } of await api.list('/users?limit=200')) {
    if (platform_role === 'admin' && email !== program.admin.email) {
      await api.send('PUT', `/users/${id}`, { platform_role: 'user' });
    }
  }
  await page.goto(`users?q=${program.admin.email}`);
  const question = await ask(page, 'Admin', 'Revoke platform admin');
  await question.getByRole('button', { name: 'Revoke platform admin' }).click();
  await expect(question.getByRole('alert')).toContainText('The platform needs an admin');
  await look(page, 'last-platform-admin');
});

test('an admin makes an account for a member, whose mail leads to a password and into the organization', async ({
  program,
  visit,
}) => {
  const people = { 'umbra-owner': 'owner', 'umbra-admin': 'admin' } as const;
  const { id } = await organizationOf(program, 'Umbra', people);
  const page = await visit({ as: addressOf('umbra-admin'), in: id });
  await page.goto('users');
  await expect(page.getByRole('table', { name: 'Users' }).getByRole('row')).toHaveCount(3);
  await page.getByRole('button', { name: 'Create user' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create user' });
  await dialog.getByRole('textbox', { name: 'E-mail' }).fill('ulf@example.test');
  await dialog.getByRole('textbox', { name: 'First name' }).fill('Ulf');
  await dialog.getByRole('combobox', { name: 'Language' }).selectOption('Français');
  await expect(dialog.getByRole('radio', { name: /^Manager/ })).toHaveCount(0);
  await expect(dialog).toContainText('Owners can give every role.');
  await dialog.getByRole('radio', { name: /^Admin/ }).check();
  await look(page, 'user-create-in-organization');
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(rowOf(page, 'Ulf')).toContainText('Admin');

  expect((await mailTo(program, 'ulf@example.test', 'reset-password')).subject).toBe('Votre compte Inventiv');
  const ulf = await visit();
  await choosePassword(ulf, program, 'ulf@example.test');
  await ulf.getByRole('button', { name: /: Personnel/ }).click();
  await ulf.getByRole('option', { name: 'Umbra', exact: true }).click();
  await expect(ulf.getByRole('region', { name: 'Espace de travail' })).toHaveText(
    'Umbra · votre rôle : Administrateur',
  );

  // Whoever has an account is invited instead, and the way there is offered.
  await page.getByRole('button', { name: 'Create user' }).click();
  await dialog.getByRole('textbox', { name: 'E-mail' }).fill(program.admin.email);
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Somebody has an account with this address');
  // The dialog may be longer than the window, and the refusal stands at its beginning.
  await expect(dialog.getByRole('alert')).toBeInViewport();
  await look(page, 'user-create-invite-instead');
  await dialog.getByRole('alert').getByRole('link', { name: 'Invite people' }).click();
  await expect(page.getByRole('dialog', { name: 'Invite people to Umbra' })).toBeVisible();
});

/** Through the mail of a new account to the first page. */
async function choosePassword(page: Page, program: Parameters<typeof mailTo>[0], email: string) {
  const { link } = await mailTo(program, email, 'reset-password');
  await page.goto(link);
  await page.getByLabel('New password', { exact: true }).fill(program.admin.password);
  await page.getByLabel('Repeat new password').fill(program.admin.password);
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByRole('status')).toContainText('Your password is set');
  await enterAs(page, program, email);
  await page.goto('');
}

async function submitSignIn(page: Page, login: string, password: string) {
  await page.getByRole('textbox', { name: 'E-mail or username' }).fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

function rowOf(page: Page, name: string) {
  return page.getByRole('table', { name: 'Users' }).getByRole('row').filter({ hasText: name });
}

async function ask(page: Page, name: string, what: string) {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: what }).click();
  return page.getByRole('alertdialog');
}

async function act(page: Page, name: string, what: string, picture?: string) {
  const question = await ask(page, name, what);
  if (picture) await look(page, picture);
  await question.getByRole('button', { name: what }).click();
  await expect(question).toHaveCount(0);
}
