import { renderHook, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { Permission } from '@/api/codes';
import type { Instance } from '@/api/shapes';
import { useThingInTab } from '@/lib/tab-title';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { InstancePage } from './instance-page';
import { InstancesPage } from './instances-page';

afterEach(() => vi.unstubAllGlobals());

const instance = {
  id: '00000000-0000-4000-8000-0000abcd1234',
  name: null,
  scope: 'organization',
  organization_id: 'o1',
  status: 'ready',
  progress_percent: 100,
  model_name: 'Echo',
  zone_code: 'mock-paris-1',
  provider_code: 'mock',
  instance_type_code: 'mock-l4-1',
  gpu_count: 1,
  vram_gb: 24,
  cost_per_hour_eur: '1',
  cost_to_date_eur: '2',
  is_operational: false,
  missing_activations: ['tech', 'eco'],
  created_at: '2026-11-01T10:00:00Z',
} as unknown as Instance;
const named = { ...instance, id: '00000000-0000-4000-8000-0000abcd5678', name: 'Chat for support' };
const page = (...items: unknown[]) => ({ body: { items, next_cursor: null } });

async function showOne(shown: Instance, permissions: Permission[], refusal?: object) {
  const sent = answering({
    [`GET /instances/${shown.id}`]: { body: shown },
    [`GET /instances/${shown.id}/history`]: { body: { items: [] } },
    [`PATCH /instances/${shown.id}`]: refusal ? { status: 422, body: refusal } : { body: shown },
    'GET /chat/models': page(),
  });
  renderWithLinks(<InstancePage id={shown.id} />, meWith({ current_organization_id: 'o1', permissions }));
  await screen.findByRole('heading', { level: 1, name: shown.name ?? shown.model_name });
  return { user: userEvent.setup(), renamings: () => sent.filter(({ call }) => call.startsWith('PATCH ')) };
}

it('lists an instance under the name that people gave it, and finds it by it and by its model', async () => {
  answering({ 'GET /instances': page(instance, named) });
  const list = <InstancesPage search={{ q: 'support echo' }} onSearch={vi.fn()} />;
  renderWithLinks(list, meWith({ permissions: ['instance.read'] }));
  const link = await screen.findByRole('link', { name: 'Chat for support' });
  expect(link.closest('tr')).toHaveTextContent(/Chat for supportEchoabcd5678/);
  expect(screen.queryByRole('link', { name: 'Echo · abcd1234' })).toBeNull();
});

it('sorts by what heads a row', async () => {
  answering({ 'GET /instances': page(instance, named) });
  const list = <InstancesPage search={{ sort: 'model' }} onSearch={vi.fn()} />;
  renderWithLinks(list, meWith({ permissions: ['instance.read'] }));
  const links = await screen.findAllByRole('link', { name: /^(Chat|Echo)/ });
  expect(links.map(({ textContent }) => textContent)).toEqual(['Chat for support', 'Echo']);
});

it('heads the page, names the tab and asks before it ends an instance by that name', async () => {
  const { user } = await showOne(named, ['instance.read', 'instance.terminate']);
  expect(renderHook(useThingInTab).result.current).toBe('Chat for support');
  expect(screen.getByText('Echo')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Rename' })).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Terminate' }));
  expect(screen.getByRole('alertdialog', { name: 'Terminate Chat for support?' })).toBeVisible();
});

it('gives an instance a name', async () => {
  const { user, renamings } = await showOne(instance, ['instance.read', 'instance.update']);
  await user.click(screen.getByRole('button', { name: 'Rename' }));
  const dialog = within(screen.getByRole('dialog', { name: 'Rename Echo · abcd1234' }));
  const save = dialog.getByRole('button', { name: 'Save name' });
  expect(save).toBeDisabled();
  await user.type(dialog.getByRole('textbox', { name: 'Name' }), '  Drafts ');
  await user.click(save);
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(renamings().map(({ body }) => body)).toEqual([{ name: 'Drafts' }]);
});

it('takes a name away when nothing is left of it', async () => {
  const { user, renamings } = await showOne(named, ['instance.read', 'instance.update']);
  await user.click(screen.getByRole('button', { name: 'Rename' }));
  const name = screen.getByRole('textbox', { name: 'Name' });
  expect(name).toHaveValue('Chat for support');
  await user.clear(name);
  await user.click(screen.getByRole('button', { name: 'Save name' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(renamings().map(({ body }) => body)).toEqual([{ name: null }]);
});

it('says next to the field what is wrong with a name', async () => {
  const errors = [{ field: 'name', code: 'characters', message: 'must be a single line' }];
  const refusal = { code: 'validation_failed', status: 422, errors };
  const { user, renamings } = await showOne(instance, ['instance.read', 'instance.update'], refusal);
  await user.click(screen.getByRole('button', { name: 'Rename' }));
  const name = screen.getByRole('textbox', { name: 'Name' });
  await user.click(name);
  await user.paste('x'.repeat(101));
  await user.click(screen.getByRole('button', { name: 'Save name' }));
  await waitFor(() => expect(name).toHaveAccessibleDescription(/This must have at most 100 characters\.$/));
  expect(renamings()).toEqual([]);
  await user.clear(name);
  await user.type(name, 'Drafts');
  await user.click(screen.getByRole('button', { name: 'Save name' }));
  await waitFor(() => expect(name).toBeInvalid());
  expect(name).toHaveAccessibleDescription(/characters/);
  expect(renamings()).toHaveLength(1);
});
