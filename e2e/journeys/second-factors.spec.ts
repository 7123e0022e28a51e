import type { Locator, Page } from '@playwright/test';
import { ORGANIZATION } from '../fixtures/api';
import { addDevice, codeOf } from '../fixtures/authenticator';
import { expectNoSidewaysScrolling, look } from '../fixtures/look';
import { addMember } from '../fixtures/people';
import type { Program } from '../fixtures/program';
import { expect, signIn, test } from '../fixtures/test';

// Passkeys belong to host names: the tests open the console under one.
test.use({
  baseURL: async ({ program }, use) => use(`${program.url.replace('127.0.0.1', 'localhost')}/app/`),
});

async function password(page: Page, program: Program, login: string): Promise<void> {
  await page.goto('login');
  await page.getByRole('textbox', { name: 'E-mail or username' }).fill(login);
  await page.getByRole('textbox', { name: 'Password' }).fill(program.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'One more step' })).toBeVisible();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account: / }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to Inventiv' })).toBeVisible();
}

/** Takes the codes off the screen as a person does: down on paper first. */
async function store(dialog: Locator): Promise<string[]> {
  await expect(dialog.getByRole('button', { name: 'Done' })).toBeDisabled();
  const codes = await dialog.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allInnerTexts();
  await dialog.getByRole('checkbox', { name: 'I stored them' }).check();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(dialog).toBeHidden();
  return codes;
}

const dashboard = (page: Page) => page.getByRole('heading', { level: 1, name: 'Dashboard' });

test('an authenticator app, a passkey and recovery codes, from adding to removing them', async ({ page, program }) => {
  const login = await addMember(program, ORGANIZATION, 'factors', 'user');
  await addDevice(page);
  await signIn(page, program, login);
  await page.goto('account');
  const card = page.getByRole('region', { name: 'Sign-in security' });

  let secret = '';
  let codes: string[] = [];
  await test.step('add an app', async () => {
    await card.getByRole('button', { name: 'Add an app' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add an authenticator app' });
    await expect(dialog).toBeVisible();
    // It has an address of its own; the secret has none, and is another one.
    await page.reload();
    secret = (await dialog.locator('code').innerText()).replaceAll(' ', '');
    await look(page, 'authenticator-app');
    await dialog.getByRole('textbox', { name: 'Code' }).fill('000000');
    await dialog.getByRole('button', { name: 'Confirm code' }).click();
    await expect(dialog.getByRole('alert')).toContainText("This isn't right");
    // The step before, so that this one and the next are left for signing in.
    await dialog.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret, -1));
    await dialog.getByRole('button', { name: 'Confirm code' }).click();
    const shown = page.getByRole('dialog', { name: 'Recovery codes' });
    await look(page, 'recovery-codes');
    codes = await store(shown);
    expect(codes).toHaveLength(10);
    await expect(card.getByText('10 left')).toBeVisible();
  });

  await test.step('sign in with a code, which works once', async () => {
    await signOut(page);
    await password(page, program, login);
    await look(page, 'second-factor');
    await page.setViewportSize({ width: 375, height: 800 });
    await expectNoSidewaysScrolling(page);
    await page.setViewportSize({ width: 1280, height: 800 });
    const code = codeOf(secret);
    await page.getByRole('textbox', { name: 'Code' }).fill(code);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(dashboard(page)).toBeVisible();
    await signOut(page);
    await password(page, program, login);
    await page.getByRole('textbox', { name: 'Code' }).fill(code);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toContainText("That isn't right");
    await look(page, 'second-factor-refused');
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await page.getByRole('textbox', { name: 'Recovery code' }).fill(codes[0]?.toUpperCase() ?? '');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(dashboard(page)).toBeVisible();
  });

  await test.step('add a passkey and sign in with it', async () => {
    await page.goto('account');
    await expect(card.getByText('9 left')).toBeVisible();
    await card.getByRole('button', { name: 'Add a passkey' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill('My laptop');
    await dialog.getByRole('button', { name: 'Add a passkey' }).click();
    await expect(card.getByRole('listitem').filter({ hasText: 'My laptop' })).toContainText('localhost');
    await look(page, 'second-factors');
    await page.setViewportSize({ width: 375, height: 800 });
    await expectNoSidewaysScrolling(page);
    await page.setViewportSize({ width: 1280, height: 800 });
    await signOut(page);
    await password(page, program, login);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await expect(dashboard(page)).toBeVisible();
  });

  await test.step('new recovery codes', async () => {
    await page.goto('account');
    await card.getByRole('button', { name: 'Make new codes' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Make new codes' }).click();
    const fresh = await store(page.getByRole('dialog', { name: 'Recovery codes' }));
    expect(fresh).not.toContain(codes[1]);
  });

  await test.step('remove everything', async () => {
    await card.getByRole('button', { name: 'Remove passkey My laptop' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove passkey' }).click();
    await expect(card.getByRole('listitem')).toHaveCount(0);
    await card.getByRole('button', { name: 'Remove app' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove app' }).click();
    await expect(card.getByRole('button', { name: 'Add an app' })).toBeVisible();
    await signOut(page);
    await signIn(page, program, login);
  });
});

test('what can hurt asks once more who is there, and is then done', async ({ page, program }) => {
  const login = await addMember(program, ORGANIZATION, 'confirming', 'user');
  await signIn(page, program, login);
  await page.goto('account');
  program.sql("UPDATE user_sessions SET authenticated_at = now() - interval '1 hour'");
  const card = page.getByRole('region', { name: 'Sign-in security' });
  await card.getByRole('button', { name: 'Add an app' }).click();
  const question = page.getByRole('dialog', { name: "Confirm that it's you" });
  await look(page, 'reauthentication');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(card.getByRole('alert')).toContainText("You didn't confirm that it's you");

  await card.getByRole('button', { name: 'Add an app' }).click();
  await question.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await question.getByRole('button', { name: 'Confirm' }).click();
  await expect(question.getByRole('alert')).toContainText("This isn't your current password");
  await question.getByRole('textbox', { name: 'Password' }).fill(program.admin.password);
  await question.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('dialog', { name: 'Add an authenticator app' })).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();

  // Over another dialog, which goes on where it was.
  await page.goto('api-keys');
  program.sql("UPDATE user_sessions SET authenticated_at = now() - interval '1 hour'");
  await page.getByRole('button', { name: 'Create API key' }).first().click();
  const create = page.getByRole('dialog', { name: 'Create API key' });
  await create.getByRole('textbox', { name: 'Name' }).fill('Protected');
  await create.getByRole('button', { name: 'Create API key' }).click();
  await question.getByRole('textbox', { name: 'Password' }).fill(program.admin.password);
  await question.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('textbox', { name: 'API key' })).toHaveValue(/^inv_/);
});

test('under a bare address the console says why there are no passkeys', async ({ page, program }) => {
  await signIn(page, program, await addMember(program, ORGANIZATION, 'bare', 'user'));
  await page.context().clearCookies();
  await page.goto(`${program.url}/app/login`);
  await page.getByRole('textbox', { name: 'E-mail or username' }).fill('bare');
  await page.getByRole('textbox', { name: 'Password' }).fill(program.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(dashboard(page)).toBeVisible();
  await page.goto(`${program.url}/app/account`);
  const card = page.getByRole('region', { name: 'Sign-in security' });
  await expect(card).toContainText('Passkeys need a host name');
  await expect(card.getByRole('button', { name: 'Add a passkey' })).toBeHidden();
});
