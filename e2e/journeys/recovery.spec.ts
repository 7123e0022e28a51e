import type { Page } from '@playwright/test';
import { look } from '../fixtures/look';
import { mailsTo, mailTo } from '../fixtures/mail';
import { addAccount } from '../fixtures/people';
import type { Program } from '../fixtures/program';
import { expect, test } from '../fixtures/test';

const NEW_PASSWORD = 'violet umbrellas in the attic';

test('a forgotten password is replaced by mail, once, and every session ends', async ({ page, program, visit }) => {
  const email = await addAccount(program, 'forgetful');
  const elsewhere = await visit({ as: email });
  await elsewhere.goto('chat');
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Chat' })).toBeVisible();

  await page.goto('login');
  await page.getByRole('link', { name: 'Forgot password' }).click();
  await look(page, 'forgot-password');
  await askForLink(page, email);
  const said = await page.getByRole('status').innerText();
  await look(page, 'forgot-password-sent');
  await page.reload();
  await askForLink(page, 'nobody-at-all@example.test');
  // The same words for an address that nobody has.
  expect(await page.getByRole('status').innerText()).toBe(said.replace(email, 'nobody-at-all@example.test'));

  const { link } = await mailTo(program, email, 'reset-password', 2);
  await page.goto(link);
  await look(page, 'reset-password');
  await choose(page, 'forgetful-forgetful');
  await expect(page.getByText(/^Don't make it of your name/)).toBeVisible();
  await choose(page, '123456789012');
  await expect(page.getByText('This is a row of neighbouring keys, letters or digits.')).toBeVisible();
  await choose(page, NEW_PASSWORD);
  await expect(page.getByRole('status')).toContainText('Your password is set');
  await expect(elsewhere.getByRole('heading', { name: 'Sign in to Inventiv' })).toBeVisible();
  expect(mailsTo(program, 'nobody-at-all@example.test')).toEqual([]);

  await page.getByRole('link', { name: 'Sign in' }).click();
  await submitSignIn(page, email, program.admin.password);
  await expect(page.getByRole('alert')).toContainText('Wrong e-mail, username or password');
  await submitSignIn(page, email, NEW_PASSWORD);
  await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();

  await elsewhere.goto(link);
  await choose(elsewhere, 'another umbrella in the attic');
  await expect(elsewhere.getByRole('alert')).toContainText("This link doesn't work (any more)");
  await look(elsewhere, 'reset-password-used');
  await elsewhere.getByRole('link', { name: 'Ask for a new link' }).click();
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Forgot your password?' })).toBeVisible();
});

test('a link for a new password ends after an hour', async ({ page, program }) => {
  const email = await addAccount(program, 'dawdling');
  await page.goto('forgot-password');
  await askForLink(page, email);
  const { link } = await mailTo(program, email, 'reset-password', 2);
  program.sql(`UPDATE password_reset_tokens SET expires_at = now() - interval '1 second' WHERE used_at IS NULL
    AND user_id = (SELECT id FROM users WHERE email = '${email}')`);
  await page.goto(link);
  await choose(page, NEW_PASSWORD);
  await expect(page.getByRole('alert')).toContainText("This link doesn't work (any more)");
});

test('a new address counts once it is confirmed from its own mailbox', async ({ program, visit }) => {
  const email = await addAccount(program, 'moving');
  const page = await visit({ as: email });
  await page.goto('account');
  const card = page.getByRole('region', { name: 'E-mail address' });
  await card.getByRole('textbox', { name: 'New address' }).fill('Moved@Example.test');
  await card.getByLabel('Current password').fill('not my password');
  await card.getByRole('button', { name: 'Change address' }).click();
  await expect(card).toContainText("This isn't your current password.");
  await card.getByLabel('Current password').fill(program.admin.password);
  await card.getByRole('button', { name: 'Change address' }).click();
  await expect(card.getByRole('status')).toContainText('No mail server is configured');
  await expect(card).toContainText(`Now ${email}.`);

  const { link } = await mailTo(program, 'moved@example.test', 'confirm-email');
  // The mail may be read where nobody is signed in.
  const mailbox = await visit();
  await mailbox.goto(link);
  await look(mailbox, 'confirm-email');
  await mailbox.getByRole('button', { name: 'Confirm this address' }).click();
  await expect(mailbox.getByRole('status')).toContainText('Your address is changed');
  await page.reload();
  await expect(card).toContainText('Now moved@example.test.');

  await mailbox.goto('login');
  await submitSignIn(mailbox, email, program.admin.password);
  await expect(mailbox.getByRole('alert')).toContainText('Wrong e-mail, username or password');
  await submitSignIn(mailbox, 'moved@example.test', program.admin.password);
  await expect(mailbox.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
  await mailbox.goto(link);
  await mailbox.getByRole('button', { name: 'Confirm this address' }).click();
  await expect(mailbox.getByRole('alert')).toContainText("This link doesn't work (any more)");
});

test('an account is closed with its password and is gone', async ({ program, visit }) => {
  const email = await addAccount(program, 'departing');
  const page = await visit({ as: email });
  await page.goto('account');
  await page.getByRole('button', { name: 'Close account…' }).click();
  const dialog = page.getByRole('alertdialog', { name: `Close the account ${email}?` });
  await dialog.getByLabel('Current password').fill(program.admin.password);
  await look(page, 'account-close');
  await dialog.getByRole('button', { name: 'Close account' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to Inventiv' })).toBeVisible();
  await submitSignIn(page, email, program.admin.password);
  await expect(page.getByRole('alert')).toContainText('Wrong e-mail, username or password');
});

async function askForLink(page: Page, email: string) {
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email);
  await page.getByRole('button', { name: 'Send link' }).click();
  await expect(page.getByRole('status')).toContainText('No mail server is configured');
}

async function choose(page: Page, password: string) {
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('Repeat new password').fill(password);
  await page.getByRole('button', { name: 'Set password' }).click();
}

async function submitSignIn(page: Page, login: string, password: Program['admin']['password']) {
  await page.getByRole('textbox', { name: 'E-mail or username' }).fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
