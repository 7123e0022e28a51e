import { Api } from '../fixtures/api';
import { look } from '../fixtures/look';
import { addressOf, organizationOf } from '../fixtures/people';
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

test('two browsers of one person work in two organizations at the same time', async ({ program, visit }) => {
  const here = await organizationOf(program, 'Both Here', { bodil: 'owner' });
  const api = await Api.signIn(program, addressOf('bodil'));
  const there = String((await api.send('POST', '/organizations', { name: 'And There' })).id);
  const [first, second] = [
    await visit({ as: addressOf('bodil'), in: here.id }),
    await visit({ as: addressOf('bodil'), in: there }),
  ];
  await first.goto('account');
  const sessions = first.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
  await expect(sessions.filter({ hasText: 'Both Here (Owner)' })).toContainText('This session');
  await look(first, 'sessions');
  for (const [page, name] of [
    [first, 'From here'],
    [second, 'From there'],
  ] as const) {
    await page.goto('api-keys?create=true');
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('dialog').getByRole('button', { name: 'Create API key' }).click();
    await page.getByRole('checkbox', { name: 'I stored it' }).check();
    await page.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('table', { name: 'API keys' }).getByRole('row')).toHaveCount(2);
    await expect(page.getByRole('table', { name: 'API keys' })).toContainText(name);
  }

  await first.goto('account');
  await sessions
    .filter({ hasText: 'And There (Owner)' })
    .getByRole('button', { name: /^Revoke session on/ })
    .click();
  await expect(sessions.filter({ hasText: 'And There' })).toHaveCount(0);
  await expect(second.getByRole('heading', { name: 'Sign in to Inventiv' })).toBeVisible();
  await expect(first.getByRole('region', { name: 'Sessions' })).toBeVisible();
});

test('a tab that has not heard of a switch is refused and changes nothing', async ({ program, visit }) => {
  const here = await organizationOf(program, 'Tab One', { tabea: 'owner' });
  const api = await Api.signIn(program, addressOf('tabea'));
  await api.send('POST', '/organizations', { name: 'Tab Two' });
  const page = await visit({ as: addressOf('tabea'), in: here.id });
  // Its live events never arrive, as behind a proxy that keeps them; a refused stream would make it ask for its session again.
  await page.route('**/events/stream*', () => {});
  await page.goto('api-keys?create=true');
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Made in the wrong place');
  const other = await page.context().newPage();
  await other.goto('');
  await switchTo(other, 'Tab Two');

  await page.getByRole('dialog').getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByText('Your workspace changed in another tab', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Workspace: Tab Two' })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
  await api.enter('Tab One');
  expect(await api.list('/api_keys')).toEqual([]);
});
