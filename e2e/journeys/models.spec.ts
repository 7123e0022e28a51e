import { ORGANIZATION } from '../fixtures/api';
import { expectNoSidewaysScrolling, look } from '../fixtures/look';
import { expect, open, signIn, switchTo, test } from '../fixtures/test';

test('a model of the organization is added, priced, edited and deleted', async ({ page, program }) => {
  await signIn(page, program);
  await switchTo(page, ORGANIZATION);
  await open(page, 'Models');
  await page.getByRole('button', { name: 'Add model' }).click();
  const adding = page.getByRole('dialog', { name: 'Add model' });
  await adding.getByRole('textbox', { name: 'Name' }).fill('Journey model');
  await adding.getByRole('textbox', { name: 'Model id' }).fill('mock/echo');
  await adding.getByRole('combobox', { name: 'Engine' }).selectOption('Mock engine');
  await adding.getByRole('spinbutton', { name: 'GPU memory needed (GB)' }).fill('100001');
  await adding.getByRole('spinbutton', { name: 'Context length (tokens)' }).fill('4096');
  await adding.getByRole('button', { name: 'Add model' }).click();
  await expect(adding.getByText('Enter a whole number from 0 to 100,000.')).toBeVisible();
  await look(page, 'model-add');
  await adding.getByRole('spinbutton', { name: 'GPU memory needed (GB)' }).fill('16');
  await adding.getByRole('textbox', { name: 'Model id' }).fill('journey/model');
  await adding.getByRole('button', { name: 'Add model' }).click();
  await expect(page).toHaveURL(/\/models\/[0-9a-f-]{36}(\?workspace=[a-z0-9-]+)?$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Journey model' })).toBeVisible();

  const actions = page.getByRole('button', { name: 'Actions for Journey model' });
  await actions.click();
  await page.getByRole('menuitem', { name: 'Set price' }).click();
  const pricing = page.getByRole('dialog', { name: 'Price of Journey model' });
  await pricing.getByRole('textbox', { name: 'Input tokens', exact: true }).fill('0.000123');
  await pricing.getByRole('textbox', { name: 'Output tokens' }).fill('1.5');
  await look(page, 'model-price');
  await pricing.getByRole('button', { name: 'Set price' }).click();
  await expect(page.getByRole('region', { name: 'Details' })).toContainText('€0.000123');

  await page.getByRole('button', { name: 'Activate technically' }).click();
  await expect(page.getByRole('region', { name: 'Activation' })).toContainText('Not operational: economic activation');
  await page.goto(`${page.url().split('?')[0]}?dialog=edit`);
  const editing = page.getByRole('dialog', { name: 'Edit Journey model' });
  await expect(editing).toContainText('needs a new technical activation');
  await editing.getByRole('textbox', { name: 'Name' }).fill('Edited model');
  await editing.getByRole('spinbutton', { name: 'Context length (tokens)' }).fill('8192');
  await look(page, 'model-edit');
  await page.setViewportSize({ width: 375, height: 740 });
  await expectNoSidewaysScrolling(page);
  await editing.getByRole('button', { name: 'Save model' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Edited model' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Activation' })).toContainText('technical and economic');
  await expectNoSidewaysScrolling(page);

  await page.getByRole('button', { name: 'Actions for Edited model' }).click();
  await page.getByRole('menuitem', { name: 'Delete model' }).click();
  const question = page.getByRole('alertdialog', { name: 'Delete Edited model?' });
  await question.getByRole('button', { name: 'Delete model' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Models' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Models' })).not.toContainText('Edited model');
});
