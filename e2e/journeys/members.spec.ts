import type { Page } from '@playwright/test';
import { Api } from '../fixtures/api';
import { look } from '../fixtures/look';
import { addressOf, organizationOf, type Role } from '../fixtures/people';
import { expect, open, test } from '../fixtures/test';

test('an owner changes any role and removes anybody', async ({ program, visit }) => {
  const { id } = await organizationOf(program, 'Ruled by Olivia', { olivia: 'owner', oscar: 'owner', oda: 'user' });
  const page = await visit({ as: addressOf('olivia'), in: id });
  await page.goto('organization/members');
  await expect(rowOf(page, 'Olivia')).toContainText('Now');
  await look(page, 'members');
  await changeRole(page, 'Oda', 'Admin', 'member-role');
  await expect(rowOf(page, 'Oda')).toContainText('Admin');
  await changeRole(page, 'Oscar', 'User');
  await expect(rowOf(page, 'Oscar')).toContainText('User');
  await remove(page, 'Oscar', 'member-remove');
  await expect(rowOf(page, 'Oscar')).toHaveCount(0);
});

// Who acts, on whom they may, and what they are refused: an admin's reach is admins and users, a manager's managers and users.
const REACH: { actor: Role; given: string; beyond: string; untouchable: string }[] = [
  { actor: 'admin', given: 'Admin', beyond: 'Manager', untouchable: 'Miriam' },
  { actor: 'manager', given: 'Manager', beyond: 'Admin', untouchable: 'Adrian' },
];
for (const { actor, given, beyond, untouchable } of REACH) {
  test(`a role reaches as far as it may and the refusal names who can help: ${actor}`, async ({ program, visit }) => {
    const [boss, actorName] = [`boss-of-${actor}`, `acting-${actor}`];
    const others: Record<string, Role> = actor === 'admin' ? { miriam: 'manager' } : { adrian: 'admin' };
    const people: Record<string, Role> = { [boss]: 'owner', [actorName]: actor, [`pawn-${actor}`]: 'user', ...others };
    const { id } = await organizationOf(program, `Delegation of ${actor}`, people);
    const page = await visit({ as: addressOf(actorName), in: id });
    await page.goto('organization/members');
    await changeRole(page, `Pawn-${actor}`, given);
    await expect(rowOf(page, `Pawn-${actor}`)).toContainText(given);

    const dialog = page.getByRole('dialog');
    await openRoles(page, `Pawn-${actor}`);
    await expect(dialog.getByRole('radio', { name: new RegExp(`^${given}`) })).toBeChecked();
    await expect(dialog.getByRole('radio', { name: new RegExp(`^${beyond}`) })).toHaveCount(0);
    await expect(dialog).toContainText('Owners can give every role.');
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await openRoles(page, untouchable);
    await expect(dialog).toContainText('This member is beyond your role');
    await expect(dialog).toContainText(addressOf(boss));
    await look(page, `member-beyond-${actor}`);
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await askToRemove(page, untouchable);
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove from organization' }).click();
    const refusal = page.getByRole('alertdialog').getByRole('alert');
    await expect(refusal).toContainText("Your role doesn't reach that far");
    await expect(refusal).toContainText(addressOf(boss));
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
    await remove(page, `Pawn-${actor}`);
    await expect(rowOf(page, `Pawn-${actor}`)).toHaveCount(0);
  });
}

test('the last owner can neither step down nor leave, is told the way out, and takes it', async ({
  program,
  visit,
}) => {
  const { id } = await organizationOf(program, 'Only Lena', { lena: 'owner', linus: 'user' });
  const page = await visit({ as: addressOf('lena'), in: id });
  await page.goto('organization/members');
  await chooseRole(page, 'Lena', 'Admin');
  const refusal = page.getByRole('dialog').getByRole('alert');
  await expect(refusal).toContainText('An organization needs an owner');
  await expect(refusal).toContainText('Transfer ownership');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();

  await page.getByRole('button', { name: 'Leave organization' }).click();
  const leave = page.getByRole('alertdialog', { name: 'Leave Only Lena?' });
  await leave.getByRole('button', { name: 'Leave organization' }).click();
  await expect(leave.getByRole('alert')).toContainText('Make another member an owner first');
  await look(page, 'last-owner');
  await leave.getByRole('button', { name: 'Cancel' }).click();

  await page.getByRole('button', { name: 'Transfer ownership' }).click();
  const transfer = page.getByRole('dialog', { name: 'Transfer the ownership of Only Lena' });
  await expect(transfer).toBeVisible();
  // It has an address of its own.
  await page.reload();
  await expect(transfer.getByRole('button', { name: 'Transfer ownership' })).toBeDisabled();
  await transfer.getByRole('combobox', { name: 'New owner' }).selectOption({ label: `Linus · ${addressOf('linus')}` });
  await transfer.getByRole('combobox', { name: 'Your role afterwards' }).selectOption('Manager');
  await look(page, 'transfer-ownership');
  await transfer.getByRole('button', { name: 'Transfer ownership' }).click();
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Only Lena · you are Manager');
  await expect(rowOf(page, 'Linus')).toContainText('Owner');
  await expect(page.getByRole('button', { name: 'Transfer ownership' })).toHaveCount(0);

  await page.getByRole('button', { name: 'Leave organization' }).click();
  await leave.getByRole('button', { name: 'Leave organization' }).click();
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Personal · Only you');
  await open(page, 'Organizations');
  await expect(page.getByText("You don't belong to an organization yet.")).toBeVisible();
});

test('an open page loses what its person may no longer do, without a reload', async ({ program, visit }) => {
  const { id } = await organizationOf(program, 'Demotions', { dora: 'owner', demian: 'admin' });
  const page = await visit({ as: addressOf('demian'), in: id });
  await page.goto('organization/invitations');
  await expect(page.getByRole('button', { name: 'Invite people' }).first()).toBeVisible();
  await page.evaluate(() => Object.assign(window, { neverReloaded: true }));

  const owner = await Api.signIn(program, addressOf('dora'));
  await owner.enterById(id);
  const demian = (await owner.list('/organizations/current/members')).find(
    ({ email }) => email === addressOf('demian'),
  );
  const member = `/organizations/current/members/${demian?.user_id}`;
  await owner.send('PUT', member, { role: 'user' });
  await expect(page.getByRole('heading', { level: 1, name: "You can't open this page" })).toBeVisible();
  await expect(page.getByText(addressOf('dora'))).toBeVisible();
  await expect(page.getByRole('region', { name: 'Workspace' })).toHaveText('Demotions · you are User');
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Invitations' })).toHaveCount(
    0,
  );

  await owner.send('DELETE', member);
  // In Personal, with no organization left: the page leads to the first one.
  await expect(page.getByRole('dialog', { name: 'Create organization' })).toBeVisible();
  expect(await page.evaluate(() => 'neverReloaded' in window)).toBe(true);
});

function rowOf(page: Page, name: string) {
  return page.getByRole('table', { name: 'Members' }).getByRole('row').filter({ hasText: name });
}

async function openRoles(page: Page, name: string) {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: 'Change role' }).click();
}

async function chooseRole(page: Page, name: string, role: string, picture?: string) {
  await openRoles(page, name);
  const dialog = page.getByRole('dialog', { name: `Change the role of ${name}` });
  await dialog.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
  if (picture) await look(page, picture);
  await dialog.getByRole('button', { name: 'Change role' }).click();
}

async function changeRole(page: Page, name: string, role: string, picture?: string) {
  await chooseRole(page, name, role, picture);
  await expect(page.getByRole('dialog')).toHaveCount(0);
}

async function askToRemove(page: Page, name: string) {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: 'Remove from organization' }).click();
}

async function remove(page: Page, name: string, picture?: string) {
  await askToRemove(page, name);
  const question = page.getByRole('alertdialog');
  if (picture) await look(page, picture);
  await question.getByRole('button', { name: 'Remove from organization' }).click();
  await expect(question).toHaveCount(0);
}
