import type { Page } from '@playwright/test';
import { ORGANIZATION } from '../fixtures/api';
import { expectNoSidewaysScrolling, look } from '../fixtures/look';
import { type ConsolePage, plainPages, wordsOf } from '../fixtures/pages';
import { expect, signIn, test } from '../fixtures/test';
import { mayOpen, nameOf, whoAmI } from '../fixtures/walk';

test.use({ viewport: { width: 375, height: 740 } });

test('every page works on a phone 375 pixels wide', async ({ page, program }) => {
  await signIn(page, program);
  await page.getByRole('button', { name: 'Open menu' }).click();
  await look(page, 'narrow-menu');
  await enter(page, ORGANIZATION);
  // The menu closes: what lies on top belongs to the workspace that was left.
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Inventiv IT · you are Owner');
  const organization = await whoAmI(page, program);
  await lookAt(page, (target) => mayOpen(organization, target));
  // The rest is the platform's.
  await page.getByRole('button', { name: 'Open menu' }).click();
  await enter(page, 'Personal');
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Personal · Only you');
  await lookAt(page, (target) => !mayOpen(organization, target));
});

async function enter(page: Page, workspace: string): Promise<void> {
  await page.getByRole('button', { name: /^Workspace: / }).click();
  await page.getByRole('option', { name: workspace, exact: true }).click();
}

async function lookAt(page: Page, which: (target: ConsolePage) => boolean): Promise<void> {
  const targets = plainPages.filter(which);
  expect(targets.length).toBeGreaterThan(0);
  for (const target of targets) {
    await page.goto(target.path);
    await expect(
      page.getByRole('heading', { level: 1, name: wordsOf('en', target.title), exact: true }),
    ).toBeAttached();
    // Colours don't depend on the width: those of the dark theme are looked at on wide pages.
    await look(page, `narrow-${nameOf(target)}`, ['light']);
    await expectNoSidewaysScrolling(page);
  }
}
