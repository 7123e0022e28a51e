import { readFileSync } from 'node:fs';
import { Api } from '../fixtures/api';
import { look } from '../fixtures/look';
import { addressOf, organizationOf } from '../fixtures/people';
import { expect, test } from '../fixtures/test';

test('the audit log is filtered, shows what was and what became, and leaves as a file', async ({ program, visit }) => {
  const { id } = await organizationOf(program, 'Audited', { audrey: 'owner', august: 'user' });
  const api = await Api.signIn(program, addressOf('audrey'));
  await api.enterById(id);
  const august = (await api.list('/organizations/current/members')).find(({ email }) => email === addressOf('august'));
  await api.send('PUT', `/organizations/current/members/${august?.user_id}`, { role: 'manager' });
  await api.send('PATCH', '/organizations/current', { name: 'Audited twice' });

  const page = await visit({ as: addressOf('audrey'), in: id });
  await page.goto('audit');
  const table = page.getByRole('table', { name: 'Audit log' });
  await expect(table.getByRole('button', { name: 'Organization changed' })).toBeVisible();
  await look(page, 'audit');
  await page.getByRole('combobox', { name: 'About' }).selectOption('Members');
  await expect(table.getByRole('button', { name: 'Organization changed' })).toHaveCount(0);
  await expect(page).toHaveURL(/noun=member/);

  await table.getByRole('button', { name: 'Role changed' }).click();
  const dialog = page.getByRole('dialog', { name: 'Role changed' });
  const change = dialog.getByRole('table', { name: 'Before and after' }).getByRole('row');
  await expect(change.filter({ hasText: 'role' })).toContainText(/user.*manager/);
  await look(page, 'audit-entry');
  // It has an address of its own, also where the list doesn't reach it.
  const address = new URL(page.url());
  address.searchParams.set('noun', 'organization');
  await page.goto(address.href);
  await expect(change.filter({ hasText: 'role' })).toContainText(/user.*manager/);
  await dialog.getByRole('button', { name: 'Everything about this' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`target=${august?.user_id}`));
  await expect(table.getByRole('row').filter({ hasText: 'Organization' })).toHaveCount(0);

  await page.goto('audit?q=organization.update');
  await expect(table.getByRole('row')).toHaveCount(2);
  for (const [link, name] of [
    ['Export CSV', /\.csv$/],
    ['Export JSON lines', /\.jsonl$/],
  ] as const) {
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: link }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toMatch(name);
    const text = readFileSync(await download.path(), 'utf8');
    expect(text).toContain('organization.update');
    expect(text).not.toContain('member.assign_role');
  }

  await page.goto('audit?to=2020-01-01');
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await expect(table.getByRole('button', { name: 'Role changed' })).toBeVisible();
});
