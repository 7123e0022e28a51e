import { Api, ORGANIZATION } from '../fixtures/api';
import { look } from '../fixtures/look';
import { addMember } from '../fixtures/people';
import { expect, open, signIn, switchTo, test } from '../fixtures/test';

test('a member with the role User sees instances and is not offered to deploy', async ({ page, program }) => {
  const email = await addMember(program, ORGANIZATION, 'ursula', 'user');
  await signIn(page, program, email);
  await switchTo(page, ORGANIZATION);
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Inventiv IT · you are User');
  await open(page, 'Instances');
  await expect(page.getByRole('link', { name: 'Deploy a model' })).toHaveCount(0);
  await look(page, 'instances-as-user');

  await page.goto('instances/deploy');
  await expect(page.getByRole('heading', { name: "You can't open this page" })).toBeVisible();
  await expect(page.getByText('admin@inventiv.local')).toBeVisible();
  await look(page, 'permission-needed');

  // The console only hides what the API refuses.
  const api = await Api.signIn(program, email);
  await api.enter(ORGANIZATION);
  await expect(api.send('POST', '/deployments', {})).rejects.toThrow(/: 403 /);
});

test('a manager may activate economically and not technically', async ({ page, program }) => {
  const email = await addMember(program, ORGANIZATION, 'manfred', 'manager');
  await signIn(page, program, email);
  await switchTo(page, ORGANIZATION);
  await open(page, 'Models');
  await page.getByRole('table', { name: 'Models' }).getByRole('link').first().click();
  await expect(page.getByRole('region', { name: 'Activation' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Activate technically' })).toHaveCount(0);
  await look(page, 'model');
});
