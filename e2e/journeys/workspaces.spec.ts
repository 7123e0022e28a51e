import { Api } from '../fixtures/api';
import { look } from '../fixtures/look';
import { addAccount, addressOf, organizationOf } from '../fixtures/people';
import { expect, open, switchTo, test } from '../fixtures/test';

test('signing in goes on in the workspace that was used last', async ({ page, program, visit }) => {
  const { name, id } = await organizationOf(program, 'Last Seen Here', { lars: 'owner' });
  await visit({ as: addressOf('lars'), in: id });
  await page.goto('login');
  await page.getByRole('textbox', { name: 'E-mail or username' }).fill(addressOf('lars'));
  await page.getByRole('textbox', { name: 'Password' }).fill(program.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: `Workspace: ${name}` })).toBeVisible();
  await expect(page).toHaveURL(/\/app\/\?workspace=last-seen-here$/);
});

test('a link into another of my organizations offers the switch, and says nothing to others', async ({
  program,
  visit,
}) => {
  const there = await organizationOf(program, 'Linked There', { linda: 'owner' });
  const api = await Api.signIn(program, addressOf('linda'));
  const here = String((await api.send('POST', '/organizations', { name: 'Linked Here' })).id);
  const page = await visit({ as: addressOf('linda'), in: here });
  await page.goto('organization/members?workspace=linked-there');
  await expect(page.getByRole('heading', { level: 1, name: 'This is in Linked There' })).toBeVisible();
  await look(page, 'elsewhere');
  await page.getByRole('button', { name: 'Switch to Linked There' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Members' })).toBeVisible();
  await expect(page.getByRole('button', { name: `Workspace: ${there.name}` })).toBeVisible();
  await expect(page).toHaveURL(/\/organization\/members\?workspace=linked-there$/);

  // From Personal, where the page could not be had at all.
  await switchTo(page, 'Personal');
  await page.goto('organization/members?workspace=linked-here');
  await page.getByRole('link', { name: 'Stay in Personal' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'This page needs an organization' })).toBeVisible();

  // Whoever is no member sees what they would see of any name.
  const stranger = await visit({ as: await addAccount(program, 'sven') });
  for (const name of ['linked-there', 'no-such-name']) {
    await stranger.goto(`models?workspace=${name}`);
    await expect(stranger.getByRole('heading', { level: 1, name: 'Models' })).toBeVisible();
    await expect(stranger).toHaveURL(/\/models$/);
  }
});

test('who has no organization is led to creating one by a page that needs it', async ({ program, visit }) => {
  const page = await visit({ as: await addAccount(program, 'nora') });
  await page.goto('');
  await page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: /^Members/ })
    .click();
  const dialog = page.getByRole('dialog', { name: 'Create organization' });
  await expect(dialog).toContainText('What you opened needs an organization.');
  await look(page, 'organization-first');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Nora Alone');
  await dialog.getByRole('button', { name: 'Create organization' }).click();
  await expect(page.getByRole('button', { name: 'Workspace: Nora Alone' })).toBeVisible();
});

test('two organizations of one name are told apart when the second is made, and where one is', async ({
  program,
  visit,
}) => {
  const { id } = await organizationOf(program, 'Twin', { twila: 'owner' });
  const page = await visit({ as: addressOf('twila'), in: id });
  await page.goto('');
  await open(page, 'Organizations');
  await page.getByRole('button', { name: 'Create organization' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create organization' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('twin');
  await expect(dialog).toContainText('You already belong to an organization named Twin (twin).');
  await look(page, 'organization-namesake');
  await dialog.getByRole('button', { name: 'Create organization' }).click();
  await expect(page.getByRole('button', { name: /^Workspace: twin .*twin-2/ })).toBeVisible();
  await open(page, 'Models');
  await expect(page.getByRole('region', { name: 'Workspace' })).toContainText('twin-2');
});
