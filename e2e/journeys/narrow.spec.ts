import { ORGANIZATION } from '../fixtures/api';
import { expectNoSidewaysScrolling, look } from '../fixtures/look';
import { expect, signIn, switchTo, test } from '../fixtures/test';

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
  await switchTo(page, ORGANIZATION);
  for (const [path, heading] of PAGES) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1, name: heading, exact: true })).toBeAttached();
    await look(page, `narrow-${path.replace('/', '-') || 'dashboard'}`);
    await expectNoSidewaysScrolling(page);
  }
});
