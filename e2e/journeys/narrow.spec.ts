import { ORGANIZATION } from '../fixtures/api';
import { expectNoSidewaysScrolling, look } from '../fixtures/look';
import { plainPages, wordsOf } from '../fixtures/pages';
import { expect, signIn, test } from '../fixtures/test';
import { nameOf } from '../fixtures/walk';

test.use({ viewport: { width: 375, height: 740 } });

test('every page works on a phone 375 pixels wide', async ({ page, program }) => {
  await signIn(page, program);
  await page.getByRole('button', { name: 'Open menu' }).click();
  await look(page, 'narrow-menu');
  await page.getByRole('button', { name: 'Workspace: Personal' }).click();
  await page.getByRole('option', { name: ORGANIZATION, exact: true }).click();
  // The menu closes: what lies on top belongs to the workspace that was left.
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Inventiv IT · you are Owner');
  for (const target of plainPages) {
    await page.goto(target.path);
    await expect(
      page.getByRole('heading', { level: 1, name: wordsOf('en', target.title), exact: true }),
    ).toBeAttached();
    // Colours don't depend on the width: those of the dark theme are looked at on wide pages.
    await look(page, `narrow-${nameOf(target)}`, ['light']);
    await expectNoSidewaysScrolling(page);
  }
});
