import { expect, test } from '../fixtures/test';

test('the reference of the API shows every operation to anybody, and runs nothing that stands in the page', async ({
  page,
  program,
}) => {
  const { paths } = await (await page.request.get(`${program.url}/openapi.json`)).json();
  const answer = await page.goto(`${program.url}/docs`);
  expect(page.url()).toBe(`${program.url}/docs/`);
  expect(await answer?.headerValue('content-security-policy')).not.toContain('unsafe');
  const groups = page.locator('.opblock-tag');
  await expect(groups.first()).toBeVisible();
  for (const group of await groups.all()) await group.click();
  const operations = Object.values<object>(paths).flatMap((path) => Object.keys(path));
  await expect(page.locator('.opblock')).toHaveCount(operations.length);
  await page.locator('.opblock-summary').first().click();
  await expect(page.getByText('Responses', { exact: true }).first()).toBeVisible();
});
