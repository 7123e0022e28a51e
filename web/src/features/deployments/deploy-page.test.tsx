import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { hasUnsaved } from '@/lib/unsaved';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { DeployPage } from './deploy-page';

afterEach(() => vi.unstubAllGlobals());

const [model, zone, type, provider] = ['1', '2', '3', '4'].map(
  (digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`,
);
const page = (...items: unknown[]) => ({ body: { items, next_cursor: null } });

/** The page with everything chosen. */
async function show() {
  const sent = answering({
    'GET /models': page({ id: model, name: 'Echo', model_id: 'mock/echo', is_active: true, required_vram_gb: 0 }),
    'GET /providers': page({ id: provider, name: 'Mock', code: 'mock', is_active: true }),
    'GET /zones': page({ id: zone, provider_id: provider, name: 'Paris 1', code: 'p1', is_active: true }),
    'GET /instance_types': page({
      id: type,
      name: 'CPU',
      is_active: true,
      gpu_count: 0,
      vram_per_gpu_gb: 0,
      cost_per_hour_eur: '1',
      zones: [{ zone_id: zone, is_available: true, cost_per_hour_eur: null }],
    }),
    'POST /deployments': (body) =>
      (body as { dry_run?: boolean }).dry_run
        ? { body: { fits: true, cost_per_hour_eur: '1', reasons: [] } }
        : { status: 202, body: { instance_id: model } },
  });
  renderWithLinks(<DeployPage search={{ model, zone, type }} onSearch={vi.fn()} />, meWith());
  await screen.findByText('The model fits on this instance type');
  const deployments = () => sent.filter(({ call, body }) => call === 'POST /deployments' && !Object(body).dry_run);
  return { user: userEvent.setup(), deployments, sent };
}

it.each([
  ['  Chat for support ', 'Chat for support'],
  [' ', null],
])('deploys what was chosen under the name that was typed, or none: %j', async (typed, name) => {
  const { user, deployments } = await show();
  await user.type(screen.getByRole('textbox', { name: 'Name' }), typed);
  expect(hasUnsaved()).toBe(true);
  await user.click(screen.getByRole('button', { name: 'Deploy' }));
  await waitFor(() => expect(deployments()).toHaveLength(1));
  expect(deployments()[0]?.body).toEqual({ model_id: model, zone_id: zone, instance_type_id: type, name });
});

it('asks the server for the price once, whatever is typed, and sends no name that is too long', async () => {
  const { user, deployments, sent } = await show();
  const field = screen.getByRole('textbox', { name: 'Name' });
  await user.click(field);
  await user.paste('x'.repeat(101));
  await user.click(screen.getByRole('button', { name: 'Deploy' }));
  await waitFor(() => expect(field).toHaveAccessibleDescription(/This must have at most 100 characters\.$/));
  expect(field).toHaveFocus();
  expect(deployments()).toEqual([]);
  expect(sent.filter(({ call }) => call === 'POST /deployments')).toHaveLength(1);
});
