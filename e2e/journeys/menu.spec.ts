import { Api } from '../fixtures/api';
import { look } from '../fixtures/look';
import { consolePages, type Language } from '../fixtures/pages';
import { addAccount, addressOf, type Organization, organizationOf } from '../fixtures/people';
import { expect, test } from '../fixtures/test';
import { callWhatIsHidden, walkEverywhere, whoAmI } from '../fixtures/walk';

type Walker = { who: string; username: string; personal?: boolean; language?: Language; picture?: string };

const WALKERS: Walker[] = [
  { who: 'a user', username: 'walking-user' },
  { who: 'a manager', username: 'walking-manager' },
  { who: 'an admin', username: 'walking-admin' },
  { who: 'an owner', username: 'walking-owner', picture: 'owner' },
  { who: 'somebody without an organization, in French,', username: 'walking-alone', personal: true, language: 'fr' },
  { who: 'a platform admin', username: 'walking-platform', personal: true, picture: 'platform' },
];

test.describe('the menu', () => {
  let organization: Organization;

  test.beforeAll(async ({ program }) => {
    organization = await organizationOf(program, 'Menu Walk', {
      'walking-owner': 'owner',
      'walking-admin': 'admin',
      'walking-manager': 'manager',
      'walking-user': 'user',
    });
    await addAccount(program, 'walking-alone', { locale: 'fr' });
    await addAccount(program, 'walking-platform', { platform_role: 'admin' });
    // One to switch to: without any, pages that need an organization lead to creating one.
    for (const alone of ['walking-alone', 'walking-platform']) {
      const own = await Api.signIn(program, addressOf(alone));
      await own.send('POST', '/organizations', { name: `Of ${alone}` });
    }
  });

  for (const { who, username, personal, language = 'en', picture } of WALKERS) {
    test(`leads ${who} everywhere they may go, and what it hides is refused`, async ({ program, visit }) => {
      const page = await visit({ as: addressOf(username), in: personal ? undefined : organization.id });
      const me = await whoAmI(page, program);
      await walkEverywhere(page, me, language, picture);
      expect(await callWhatIsHidden(page, program, me)).toBeGreaterThan(0);
    });
  }

  test('an address of something that is not in this workspace says so', async ({ visit }) => {
    const page = await visit({ as: addressOf('walking-owner'), in: organization.id });
    const ofOneThing = consolePages.filter(({ path }) => path.includes('$'));
    expect(ofOneThing.length).toBeGreaterThan(0);
    for (const { path } of ofOneThing) {
      await page.goto(path.replace(/\$\w+/, '00000000-0000-4000-8000-000000000000'));
      await expect(page.getByRole('heading', { level: 1, name: "This isn't here" })).toBeVisible();
      await expect(page.getByRole('main').getByRole('link')).toHaveCount(1);
    }
  });

  test('an address that has no page says so inside the console, once signed in', async ({ visit }) => {
    const page = await visit({ as: addressOf('walking-owner'), in: organization.id });
    const heading = page.getByRole('main').getByRole('heading', { level: 1, name: 'There is no such page' });
    for (const path of ['nowhere', 'instances/one/two']) {
      await page.goto(path);
      await expect(heading).toBeVisible();
      await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
      await expect(page).toHaveTitle('There is no such page · Inventiv');
    }
    await look(page, 'no-such-page');
    await page.getByRole('main').getByRole('link', { name: 'Back to the dashboard' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();

    const stranger = await visit();
    await stranger.goto('nowhere');
    await expect(stranger.getByRole('heading', { level: 1, name: 'Sign in to Inventiv' })).toBeVisible();
  });
});
