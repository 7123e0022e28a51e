import { Api } from '../fixtures/api';
import { look } from '../fixtures/look';
import { addressOf, organizationOf } from '../fixtures/people';
import { expect, open, test } from '../fixtures/test';

test('an owner renames and colours the organization, and everybody sees it', async ({ program, visit }) => {
  const { id } = await organizationOf(program, 'Old Name', { norma: 'owner', ned: 'user' });
  const [page, member] = [
    await visit({ as: addressOf('norma'), in: id }),
    await visit({ as: addressOf('ned'), in: id }),
  ];
  await member.goto('organization/settings');
  await expect(member.getByText('Owners and admins may change these.')).toBeVisible();
  await expect(member.getByRole('textbox', { name: 'Name' })).toBeDisabled();
  await look(member, 'settings-read-only');

  await page.goto('organization/settings');
  // It was made over the API, in a colour of the server's choice.
  await expect(page.getByRole('radio', { checked: true })).toHaveCount(1);
  await page.getByRole('textbox', { name: 'Slug' }).fill('-not a slug-');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText(/Use 1 to 48 lower-case letters, digits or dashes/)).toBeVisible();
  await page.getByRole('textbox', { name: 'Slug' }).fill('inventiv-it');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('This is already taken.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Name' }).fill('New Name');
  await page.getByRole('textbox', { name: 'Slug' }).fill('new-name');
  await page.getByRole('radio', { name: 'Green' }).check();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('button', { name: 'Workspace: New Name' })).toBeVisible();
  for (const console of [page, member]) {
    await expect(console.getByRole('complementary').first().locator('> div')).toHaveCSS(
      'border-top-color',
      'rgb(22, 163, 74)',
    );
    await expect(console.getByRole('region', { name: 'Workspace' })).toContainText('New Name');
  }
  await look(page, 'settings');
});

test('what is being typed stays when somebody else changes the organization', async ({ program, visit }) => {
  const { id } = await organizationOf(program, 'Two Pens', { tilda: 'owner', tom: 'admin' });
  const api = await Api.signIn(program, addressOf('tom'));
  await api.enterById(id);
  const page = await visit({ as: addressOf('tilda'), in: id });
  await page.goto('organization/settings');
  const [name, slug] = [page.getByRole('textbox', { name: 'Name' }), page.getByRole('textbox', { name: 'Slug' })];
  await name.fill('Tilda writes');
  await api.send('PATCH', '/organizations/current', { slug: 'toms-slug' });
  await expect(slug).toHaveValue('toms-slug');
  await expect(name).toHaveValue('Tilda writes');
  await api.send('PATCH', '/organizations/current', { name: 'Tom wrote' });
  await expect(page.getByRole('alert')).toContainText('Name: Tom wrote');
  await expect(name).toHaveValue('Tilda writes');
  await look(page, 'settings-contradicted');
  await page.getByRole('button', { name: 'Keep what I typed' }).click();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('button', { name: 'Workspace: Tilda writes' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('the policy lets members make keys, and takes it back, in open pages', async ({ program, visit }) => {
  const { id } = await organizationOf(program, 'Key Policy', { polly: 'owner', pavel: 'user' });
  const [owner, member] = [
    await visit({ as: addressOf('polly'), in: id }),
    await visit({ as: addressOf('pavel'), in: id }),
  ];
  await member.goto('api-keys');
  await expect(member.getByText('Admins and owners can create keys here.')).toBeVisible();
  await owner.goto('organization/settings');
  const policy = owner.getByRole('checkbox', { name: /^Members can create API keys/ });
  await policy.click();
  await expect(policy).toBeChecked();
  await expect(member.getByRole('button', { name: 'Create API key' }).first()).toBeVisible();
  await policy.click();
  await expect(policy).not.toBeChecked();
  await expect(member.getByRole('button', { name: 'Create API key' })).toHaveCount(0);
});

test('an organization is deleted by typing its slug, and everybody in it goes on in Personal', async ({
  program,
  visit,
}) => {
  const { id } = await organizationOf(program, 'Short Lived', { della: 'owner', dirk: 'admin' });
  const api = await Api.signIn(program, addressOf('dirk'));
  await api.enterById(id);
  await api.send('POST', '/api_keys', { name: 'Ends with it' });
  const [page, member] = [
    await visit({ as: addressOf('della'), in: id }),
    await visit({ as: addressOf('dirk'), in: id }),
  ];
  await member.goto('organization/members');
  await expect(member.getByRole('table', { name: 'Members' })).toBeVisible();
  await page.goto('organization/settings');
  const card = page.getByRole('region', { name: 'Delete organization' });
  await expect(card).toContainText('2 memberships end.');
  await expect(card).toContainText('1 API key is revoked.');
  await card.getByRole('button', { name: 'Delete organization…' }).click();
  const question = page.getByRole('alertdialog', { name: 'Delete Short Lived?' });
  await expect(question.getByRole('button', { name: 'Delete organization' })).toBeDisabled();
  await question.getByRole('textbox', { name: 'Type “short-lived” to confirm' }).fill('short-lived');
  await look(page, 'organization-delete');
  await question.getByRole('button', { name: 'Delete organization' }).click();
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Personal · Only you');
  // Nothing is left to switch to: the page leads to the next organization.
  await expect(member.getByRole('dialog', { name: 'Create organization' })).toBeVisible();
  await open(page, 'Organizations');
  await expect(page.getByText("You don't belong to an organization yet.")).toBeVisible();
});
