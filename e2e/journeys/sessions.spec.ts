import { Api } from '../fixtures/api';
import { look } from '../fixtures/look';
import { expect, open, signIn, switchTo, test } from '../fixtures/test';

test('a session that is revoked elsewhere ends at once', async ({ browser, page, program }) => {
  const other = await browser.newContext({ baseURL: `${program.url}/app/` });
  const elsewhere = await other.newPage();
  await signIn(elsewhere, program);

  await signIn(page, program);
  await page.goto('account');
  const sessions = page.getByRole('region', { name: 'Sessions' });
  await expect(sessions.getByRole('listitem').filter({ hasText: 'This session' })).toHaveCount(1);
  await look(page, 'account');
  await sessions.getByRole('button', { name: 'Revoke all others' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke sessions' }).click();
  await expect(sessions.getByRole('listitem')).toHaveCount(1);

  await expect(elsewhere.getByRole('heading', { name: 'Sign in to Inventiv' })).toBeVisible();
  await other.close();
});

test('each session has a workspace of its own', async ({ page, program }) => {
  const api = await Api.signIn(program);
  await signIn(page, program);
  await switchTo(page, 'Inventiv IT');
  expect((await api.send('GET', '/auth/me')).current_organization_id).toBeNull();
});

test('the theme that was chosen stays after a reload', async ({ page, program }) => {
  await signIn(page, program);
  await page.goto('account');
  await page.getByRole('radio', { name: 'Dark' }).check();
  await expect(page.locator('html')).toHaveClass(/dark/);
  await page.reload();
  await expect(page.getByRole('radio', { name: 'Dark' })).toBeChecked();
  await expect(page.locator('html')).toHaveClass(/dark/);
});

test('the command palette goes to a page by keyboard alone', async ({ page, program }) => {
  await signIn(page, program);
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await expect(palette).toBeVisible();
  await look(page, 'command-palette');
  await page.keyboard.type('api keys');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'API keys' })).toBeVisible();
  await open(page, 'Dashboard');
});
