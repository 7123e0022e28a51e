import type { Page } from '@playwright/test';
import { look } from '../fixtures/look';
import { mailTo } from '../fixtures/mail';
import { addAccount } from '../fixtures/people';
import { expect, open, test } from '../fixtures/test';

test('a platform admin sees what was given up and retries it, and whoever waited gets their mail', async ({
  program,
  visit,
}) => {
  const email = await addAccount(program, 'patient');
  const page = await visit({ as: program.admin.email });
  await page.goto('');
  await open(page, 'Background jobs');

  // As if the disk of the database were full.
  program.sql('ALTER TABLE password_reset_tokens ADD CONSTRAINT made_to_fail CHECK (false) NOT VALID');
  const asked = await page.context().request.post(`${program.url}/auth/password-reset/request`, {
    headers: { origin: program.url },
    data: { email },
  });
  expect(asked.status()).toBe(202);
  await show(page, 'Waiting');
  await expect(request(page)).toContainText('internal');
  await look(page, 'jobs-waiting');
  // Twelve tries take hours: all but the last one are over.
  program.sql("UPDATE jobs SET attempts = 11, run_at = now() WHERE kind = 'password_request' AND state = 'waiting'");
  await expect(page.getByText('Nothing is waiting')).toBeVisible();
  await show(page, 'Given up');
  await expect(request(page)).toContainText('Given up');
  await expect(request(page)).toContainText('12');
  await look(page, 'jobs-given-up');

  program.sql('ALTER TABLE password_reset_tokens DROP CONSTRAINT made_to_fail');
  await request(page)
    .getByRole('button', { name: /^Retry “Request for a new password”/ })
    .click();
  await expect(page.getByText('“Request for a new password” waits again')).toBeVisible();
  await expect(page.getByText('Nothing was given up')).toBeVisible();
  await look(page, 'jobs-nothing-given-up');
  await mailTo(program, email, 'reset-password', 2);
  await show(page, 'Done');
  await expect(request(page).first()).toContainText('Done');

  await open(page, 'Audit log');
  await expect(page.getByRole('button', { name: 'Background job retried' }).first()).toBeVisible();
});

async function show(page: Page, state: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Show' }).selectOption(state);
}

function request(page: Page) {
  return page.getByRole('table', { name: 'Background jobs' }).getByRole('row', { name: /Request for a new password/ });
}
