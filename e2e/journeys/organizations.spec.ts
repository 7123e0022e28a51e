import { look } from '../fixtures/look';
import { expect, open, signIn, switchTo, test } from '../fixtures/test';

test('a new organization is entered at once and starts empty', async ({ page, program }) => {
  await signIn(page, program);
  await open(page, 'Organizations');
  await look(page, 'organizations');
  await page.getByRole('button', { name: 'Create organization' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create organization' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Acme Research');
  await look(page, 'organization-create');
  await dialog.getByRole('button', { name: 'Create organization' }).click();
  await expect(page.getByRole('button', { name: 'Workspace: Acme Research' })).toBeVisible();
  await open(page, 'Instances');
  await expect(page.getByRole('heading', { name: 'No instances yet' })).toBeVisible();
  await open(page, 'API keys');
  await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
});

test('a change of workspace in one tab closes what another tab was doing', async ({ page, program }) => {
  await signIn(page, program);
  await switchTo(page, 'Inventiv IT');
  const second = await page.context().newPage();
  await second.goto('api-keys?create=true');
  await expect(second.getByRole('dialog', { name: 'Create API key' })).toBeVisible();
  await switchTo(page, 'Personal');
  await expect(second.getByRole('button', { name: 'Workspace: Personal' })).toBeVisible();
  await expect(second.getByRole('dialog')).toHaveCount(0);
});
