import { look } from '../fixtures/look';
import { expect, signIn, test } from '../fixtures/test';

test('a wrong password is refused without saying which part was wrong, and the right one works', async ({
  page,
  program,
}) => {
  await page.goto('login');
  await page.getByRole('textbox', { name: 'E-mail or username' }).fill(program.admin.email);
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('Wrong e-mail, username or password');
  await expect(page.getByRole('textbox', { name: 'Password' })).toHaveValue('');
  await look(page, 'sign-in-refused');

  await page.getByRole('textbox', { name: 'E-mail or username' }).fill('nobody@example.test');
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('Wrong e-mail, username or password');
  await signIn(page, program, 'admin');
});

test('empty fields are named before the server is asked', async ({ page }) => {
  await page.goto('login');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Enter your e-mail address or username.')).toBeVisible();
  await expect(page.getByText('Enter your password.')).toBeVisible();
});

test('a link into the console leads there after signing in, and nowhere else', async ({ page, program }) => {
  await page.goto('account');
  await page.getByRole('textbox', { name: 'E-mail or username' }).fill(program.admin.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(program.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();
  await page.getByRole('button', { name: /^Account: / }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to Inventiv' })).toBeVisible();

  await page.goto('login?return=//example.test/');
  await signInHere(page, program);
  expect(new URL(page.url()).origin).toBe(program.url);
});

async function signInHere(page: Parameters<typeof signIn>[0], program: Parameters<typeof signIn>[1]): Promise<void> {
  await page.getByRole('textbox', { name: 'E-mail or username' }).fill(program.admin.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(program.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
}
