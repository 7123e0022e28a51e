import { ORGANIZATION } from '../fixtures/api';
import { look } from '../fixtures/look';
import { expect, open, signIn, switchTo, test } from '../fixtures/test';

test('what is typed and not saved is only lost when the person says so', async ({ page, program }) => {
  await signIn(page, program);
  await page.goto('account');
  const profile = page.getByRole('region', { name: 'Profile' });
  await profile.getByRole('textbox', { name: 'First name' }).fill('Someone');
  const menu = page.getByRole('navigation', { name: 'Main' });
  await menu.getByRole('link', { name: 'Dashboard' }).click();
  const question = page.getByRole('alertdialog', { name: 'Leave without saving?' });
  await look(page, 'leave-without-saving');
  await question.getByRole('button', { name: 'Stay here' }).click();
  await expect(profile.getByRole('textbox', { name: 'First name' })).toHaveValue('Someone');
  await menu.getByRole('link', { name: 'Dashboard' }).click();
  await question.getByRole('button', { name: 'Leave' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
  // Nothing is typed any more.
  await page.goto('account');
  await menu.getByRole('link', { name: 'Dashboard' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
});

test('while the server is away one bar says so, pages keep what they had, and it goes by itself', async ({
  page,
  program,
}) => {
  await signIn(page, program);
  await switchTo(page, ORGANIZATION);
  await open(page, 'Models');
  const models = page.getByRole('table', { name: 'Models' });
  await expect(models.getByRole('link').first()).toBeVisible();
  const bar = page.getByRole('region', { name: 'Connection' });
  await expect(bar).toBeEmpty();

  await page.context().setOffline(true);
  await expect(bar).toContainText('No answer from the server since');
  await expect(models.getByRole('link').first()).toBeVisible();
  await look(page, 'server-away');
  await expect(page.getByRole('alert')).toHaveCount(0);

  await page.context().setOffline(false);
  await expect(bar).toBeEmpty();
});

test('a message that is not sent yet is still there after a look at another page', async ({ page, program }) => {
  await signIn(page, program);
  await switchTo(page, ORGANIZATION);
  await open(page, 'Chat');
  await page.getByRole('textbox', { name: 'Message' }).fill('Not sent yet');
  await open(page, 'Models');
  await open(page, 'Chat');
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('Not sent yet');
});

test('the palette finds people and models, and a whole row leads to what it shows', async ({ page, program }) => {
  await signIn(page, program);
  await switchTo(page, ORGANIZATION);
  await page.keyboard.press('Control+K');
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await palette.getByRole('combobox').fill('  admin@inventiv.local ');
  await expect(palette.getByRole('option').first()).toBeVisible();
  await look(page, 'palette-found');
  await page.keyboard.press('Escape');
  await open(page, 'Models');
  const row = page.getByRole('table', { name: 'Models' }).getByRole('row').nth(1);
  const name = await row.getByRole('link').textContent();
  await row.getByRole('cell').last().click();
  await expect(page.getByRole('heading', { level: 1, name: name ?? '' })).toBeVisible();
  await expect(page).toHaveTitle(`${name} · Model · Inventiv`);
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Models' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Models' })).toBeVisible();
});
