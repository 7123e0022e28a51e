import { Api, ORGANIZATION } from '../fixtures/api';
import { expectNoSidewaysScrolling, look } from '../fixtures/look';
import { expect, open, signIn, switchTo, test } from '../fixtures/test';

const NAME = 'Website assistant';

test('a key is replaced while the one before still works, and found among the others', async ({ page, program }) => {
  const api = await Api.signIn(program);
  await api.enter(ORGANIZATION);
  const { key } = await api.send('POST', '/api_keys', { name: NAME });
  await api.send('POST', '/api_keys', { name: 'Nightly jobs', expires_at: inDays(3) });
  const status = async (secret: string) =>
    (await fetch(`${program.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })).status;

  await signIn(page, program);
  await switchTo(page, ORGANIZATION);
  await open(page, 'API keys');
  const table = page.getByRole('table', { name: 'API keys' });
  await expect(table.getByRole('row', { name: /Nightly jobs/ })).toContainText('Expires soon');

  await page.getByRole('button', { name: `Actions for ${NAME}` }).click();
  await page.getByRole('menuitem', { name: 'Replace' }).click();
  const dialog = page.getByRole('dialog', { name: `Replace “${NAME}”` });
  await expect(dialog.getByRole('combobox', { name: 'The key before' })).toHaveValue('86400');
  await look(page, 'api-key-replace');
  await dialog.getByRole('button', { name: 'Make the new key' }).click();
  const secret = await page.getByRole('textbox', { name: 'API key' }).inputValue();
  await page.getByRole('checkbox', { name: 'I stored it' }).check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(table.getByText('Being replaced')).toBeVisible();
  await expect(table.getByText(/^Replaces inv_/)).toBeVisible();
  await look(page, 'api-keys-replaced');
  expect([await status(String(key)), await status(secret)]).toEqual([200, 200]);

  await page.getByRole('combobox', { name: 'Show' }).selectOption('rotating');
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(page).toHaveURL(/status=rotating/);
  await page.getByRole('searchbox', { name: 'Find an API key' }).fill('nightly');
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(table.getByRole('row', { name: /Nightly jobs/ })).toBeVisible();

  await page.getByRole('button', { name: 'Actions for Nightly jobs' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit “Nightly jobs”' });
  await edit.getByRole('combobox', { name: 'Expires' }).selectOption('Never');
  await look(page, 'api-key-edit');
  await edit.getByRole('button', { name: 'Save changes' }).click();
  await expect(edit).toHaveCount(0);
  await expect(table.getByText('Expires soon')).toHaveCount(0);

  await page.getByRole('button', { name: 'Columns' }).click();
  await look(page, 'api-keys-columns');
  await page.getByRole('menuitemcheckbox', { name: 'Last used' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Columns' })).toBeFocused();
  await expect(table.getByRole('columnheader', { name: 'Last used' })).toHaveCount(0);
  await page.reload();
  await expect(table.getByRole('columnheader', { name: 'Expires' })).toBeVisible();
  await expect(table.getByRole('columnheader', { name: 'Last used' })).toHaveCount(0);

  await page.setViewportSize({ width: 375, height: 740 });
  await look(page, 'narrow-api-keys-replaced');
  await expectNoSidewaysScrolling(page);
});

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}
