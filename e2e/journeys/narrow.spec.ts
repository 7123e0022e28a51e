import { ORGANIZATION } from '../fixtures/api';
import { expectNoSidewaysScrolling, look } from '../fixtures/look';
import { expect, signIn, test } from '../fixtures/test';

test.use({ viewport: { width: 375, height: 740 } });

const PAGES = [
  ['', 'Dashboard'],
  ['chat', 'Chat'],
  ['api-keys', 'API keys'],
  ['models', 'Models'],
  ['instances', 'Instances'],
  ['instances/deploy', 'Deploy a model'],
  ['finops', 'Costs'],
  ['organization/members', 'Members'],
  ['organization/settings', 'Organization settings'],
  ['organizations', 'Organizations'],
  ['account', 'Account'],
] as const;

test('every page works on a phone 375 pixels wide', async ({ page, program }) => {
  await signIn(page, program);
  await page.getByRole('button', { name: 'Open menu' }).click();
  await look(page, 'narrow-menu');
  await page.getByRole('button', { name: 'Workspace: Personal' }).click();
  await page.getByRole('option', { name: ORGANIZATION, exact: true }).click();
  // The menu closes: what lies on top belongs to the workspace that was left.
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Inventiv IT · you are Owner');
  for (const [path, heading] of PAGES) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1, name: heading, exact: true })).toBeAttached();
    await look(page, `narrow-${path.replace('/', '-') || 'dashboard'}`);
    await expectNoSidewaysScrolling(page);
  }
});
