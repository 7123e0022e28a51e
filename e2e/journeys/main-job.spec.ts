import type { Page } from '@playwright/test';
import { look } from '../fixtures/look';
import { expect, open, signIn, switchTo, test } from '../fixtures/test';

// The main job, in the order in which a new person does it; each step stands on the one before.
test.describe.configure({ mode: 'serial' });

/** The model that runs anywhere. */
const MODEL = { id: 'mock/echo', name: 'Mock Echo' };
const INSTANCE = 'Chat for support';
const QUESTION = 'Which token is counted twice?';

test.describe('from signing in to an answer with its costs', () => {
  let page: Page;
  let secret = '';

  test.beforeAll(async ({ browser, program }) => {
    const context = await browser.newContext({ baseURL: `${program.url}/app/` });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: program.url });
    page = await context.newPage();
  });
  test.afterAll(async () => {
    await page.context().close();
  });

  test('the admin signs in and sees a personal workspace without organization modules', async ({ program }) => {
    await page.goto('');
    await expect(page.getByRole('heading', { name: 'Sign in to Inventiv' })).toBeVisible();
    await look(page, 'sign-in');
    await signIn(page, program);
    await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Personal · Only you');
    const navigation = page.getByRole('navigation', { name: 'Main' });
    const members = navigation.getByRole('link', { name: /^Members.*Org required$/ });
    await expect(members).toBeVisible();
    await look(page, 'dashboard-personal');
    await members.click();
    await expect(page.getByRole('heading', { name: 'This page needs an organization' })).toBeVisible();
    await look(page, 'organization-needed');
  });

  test('switching to Inventiv IT changes the colour of the sidebar and names workspace and role', async () => {
    const sidebar = page.getByRole('complementary').first();
    const colour = () => sidebar.locator('> div').evaluate((element) => getComputedStyle(element).borderTopColor);
    const personal = await colour();
    await page.getByRole('button', { name: 'Workspace: Personal' }).click();
    await look(page, 'workspace-switcher');
    await page.keyboard.press('Escape');
    await switchTo(page, 'Inventiv IT');
    await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Inventiv IT · you are Owner');
    expect(await colour()).not.toBe(personal);
  });

  test('a model is deployed after its fit and its price were shown', async () => {
    await open(page, 'Instances');
    await look(page, 'instances-empty');
    await page.getByRole('link', { name: 'Deploy a model' }).first().click();
    await expect(page.getByRole('heading', { level: 1, name: 'Deploy a model' })).toBeVisible();
    await expect(page.getByRole('group', { name: 'Instance type' })).toContainText('Choose a model and a zone first.');
    const models = page.getByRole('group', { name: 'Model' });
    await models.getByRole('radio', { name: 'gpt-oss 120B' }).check();
    await page.getByRole('group', { name: 'Zone' }).getByRole('radio', { name: /Mock/ }).first().check();
    const types = page.getByRole('group', { name: 'Instance type' });
    await types.getByRole('radio', { name: 'CPU, 4 cores' }).check();
    const review = page.getByRole('region', { name: 'Review and confirm' });
    await expect(review.getByText("The model doesn't fit")).toBeVisible();
    await expect(review.getByRole('button', { name: 'Deploy' })).toBeDisabled();
    await look(page, 'deploy-too-small');

    await models.getByRole('radio', { name: MODEL.name }).check();
    await expect(review.getByText('The model fits on this instance type')).toBeVisible();
    // What was chosen is in the address.
    await page.reload();
    await expect(models.getByRole('radio', { name: MODEL.name })).toBeChecked();
    await expect(review.getByText('The model fits on this instance type')).toBeVisible();
    await expect(review.getByText(/€.*\/ h/)).toBeVisible();
    await review.getByRole('textbox', { name: 'Name' }).fill('First try');
    await look(page, 'deploy');
    await review.getByRole('button', { name: 'Deploy' }).click();
    await expect(page).toHaveURL(/\/instances\/[0-9a-f-]{36}\?workspace=inventiv-it$/);
    await expect(page.getByRole('heading', { level: 1, name: 'First try' })).toBeVisible();
  });

  test('its progress moves by itself until it is ready, and it stays closed until both activations', async () => {
    const progress = page.getByRole('progressbar', { name: 'Progress' });
    await expect(progress).toBeVisible();
    await look(page, 'instance-starting');
    const history = page.getByRole('list', { name: 'History' });
    await expect(history.getByRole('listitem').first()).toContainText('Ready', { timeout: 120_000 });
    await expect(progress).toBeHidden();

    const activation = page.getByRole('region', { name: 'Activation' });
    await expect(activation).toContainText('Not operational: technical and economic activation missing');
    await look(page, 'instance-ready');
    await activation.getByRole('button', { name: 'Activate technically' }).click();
    await expect(activation).toContainText('Not operational: economic activation missing');
    await activation.getByRole('button', { name: 'Activate economically' }).click();
    await expect(activation).toContainText('Operational: it may serve requests');
    await look(page, 'instance-operational');
    await open(page, 'Instances');
    await expect(page.getByRole('table', { name: 'Instances' })).toContainText('Operational');
    await look(page, 'instances');
  });

  test('another name is shown and found wherever the instance is', async () => {
    await page.getByRole('link', { name: 'First try' }).click();
    await page.getByRole('button', { name: 'Rename' }).click();
    const dialog = page.getByRole('dialog', { name: 'Rename First try' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill(INSTANCE);
    await look(page, 'instance-rename');
    await dialog.getByRole('button', { name: 'Save name' }).click();
    await expect(page.getByRole('heading', { level: 1, name: INSTANCE })).toBeVisible();
    await expect(page).toHaveTitle(new RegExp(INSTANCE));
    await expect(page.getByRole('main')).toContainText(MODEL.name);
    await open(page, 'Instances');
    await page.getByRole('searchbox', { name: 'Find an instance' }).fill('support');
    await expect(page.getByRole('table', { name: 'Instances' }).getByRole('link', { name: INSTANCE })).toBeVisible();
    await look(page, 'instances-named');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Command palette' }).getByRole('combobox').fill('support');
    await expect(page.getByRole('option', { name: INSTANCE })).toBeVisible();
    await page.keyboard.press('Escape');
  });

  test('the secret of an API key is shown once, with snippets that use it', async () => {
    await open(page, 'API keys');
    await page.getByRole('button', { name: 'Create API key' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Journey');
    await look(page, 'api-key-create');
    await dialog.getByRole('button', { name: 'Create API key' }).click();
    const field = dialog.getByRole('textbox', { name: 'API key' });
    await expect(field).toHaveValue(/^inv_/);
    secret = await field.inputValue();
    for (const language of ['curl', 'Python', 'JavaScript']) {
      await dialog.getByRole('tab', { name: language }).click();
      await expect(dialog.getByRole('tabpanel')).toContainText(secret);
    }
    await dialog.getByRole('button', { name: 'Copy API key' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
    await look(page, 'api-key-secret');
    await expect(dialog.getByRole('button', { name: 'Done' })).toBeDisabled();
    await dialog.getByRole('checkbox', { name: 'I stored it' }).check();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('table', { name: 'API keys' })).toContainText('Journey');
    await page.reload();
    await expect(page.getByRole('table', { name: 'API keys' })).toContainText('Journey');
    expect(await page.content()).not.toContain(secret);
    await look(page, 'api-keys');
  });

  test('the chat streams an answer', async () => {
    await open(page, 'Chat');
    await look(page, 'chat-empty');
    await page.getByRole('textbox', { name: 'Message' }).fill(QUESTION);
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.getByRole('article', { name: 'Assistant' });
    // Words are there while the answer is still coming: that is what streaming is for.
    await expect(answer).toContainText('You said');
    await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
    await expect(page.getByText('The answer is complete.')).toBeAttached();
    await expect(answer).toContainText(QUESTION);
    await expect(answer).toContainText(/[1-9]\d* tokens/);
    await look(page, 'chat');
  });

  test('a client with the key gets an answer, and the console counts both', async ({ program }) => {
    const answer = await fetch(`${program.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL.id, messages: [{ role: 'user', content: QUESTION }] }),
    });
    expect(answer.status).toBe(200);
    expect((await answer.json()).usage.completion_tokens).toBeGreaterThan(0);

    await open(page, 'Dashboard');
    await expect(number(page, 'Requests')).toHaveText('2');
    await expect(number(page, 'Tokens')).toHaveText(/^[1-9]/);
    await expect(number(page, 'Charged')).toContainText('€');
    await expect(number(page, 'Cost today')).toHaveText(/€0*[.,]?\d*[1-9]/);
    const usage = page.getByRole('region', { name: 'Usage' });
    await expect(usage.getByRole('tab', { name: 'Chart' })).toBeVisible();
    await look(page, 'dashboard');
    await usage.getByRole('tab', { name: 'Table' }).click();
    await expect(usage.getByRole('table')).toContainText('2');

    await open(page, 'Costs');
    await expect(number(page, 'Today')).toHaveText(/€0*[.,]?\d*[1-9]/);
    await expect(page.getByText('Tokens served by your own instances are free', { exact: false })).toBeVisible();
    const byDay = page.getByRole('region', { name: 'Cost by day' });
    await byDay.getByRole('tab', { name: 'Table' }).click();
    await expect(byDay.getByRole('row').nth(1)).toContainText(/€0*[.,]?\d*[1-9]/);
    await expect(page.getByRole('region', { name: 'Running instances' }).getByRole('link')).toContainText(INSTANCE);
    const byKey = page.getByRole('region', { name: 'Usage by API key' });
    await byKey.getByRole('tab', { name: 'Table' }).click();
    await expect(byKey.getByRole('row').filter({ hasText: 'Journey' })).toContainText('1');
    await look(page, 'costs');
  });

  test('a terminated instance stops answering and costs nothing more', async () => {
    await open(page, 'Instances');
    await page.getByRole('table', { name: 'Instances' }).getByRole('link').first().click();
    await page.getByRole('button', { name: 'Terminate', exact: true }).click();
    const question = page.getByRole('alertdialog', { name: `Terminate ${INSTANCE}?` });
    await look(page, 'instance-terminate');
    await question.getByRole('button', { name: 'Terminate instance' }).click();
    const history = page.getByRole('list', { name: 'History' });
    await expect(history.getByRole('listitem').first()).toContainText('Terminated', { timeout: 120_000 });
    await look(page, 'instance-terminated');
    await open(page, 'Costs');
    await expect(number(page, 'Instances now')).toHaveText(/^€0(\.0+)? \/ h$/);
  });
});

/** One of the numbers at the top of the dashboard or of the costs. */
function number(page: Page, label: string) {
  return page
    .getByRole('main')
    .locator('dl > div')
    .filter({ has: page.locator('dt').getByText(label, { exact: true }) })
    .locator('dd')
    .first();
}
