import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { InstanceStatus } from '@/api/codes';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { BilledInstances } from './billed-instances';

const billed = (id: string, status: InstanceStatus, billed_since: string | null) => ({
  instance_id: `00000000-0000-4000-8000-0000${id}`,
  model_name: 'Echo',
  status,
  cost_per_hour_eur: billed_since ? '2.5' : '0',
  billed_since,
  cost_to_date_eur: '0.000123456789',
});

it('keeps apart what costs now and what has ended, whatever its status is', async () => {
  const since = '2026-11-20T10:00:00Z';
  const named = { ...billed('11111111', 'ready', since), name: 'Chat for support' };
  const instances = [named, billed('22222222', 'startup_failed', since)];
  renderWithLinks(<BilledInstances instances={[...instances, billed('33333333', 'terminated', null)]} />, meWith());
  const running = within(await screen.findByRole('region', { name: 'Running instances' }));
  expect(running.getAllByRole('link').map(({ textContent }) => textContent)).toEqual([
    'Chat for support 11111111',
    'Echo 22222222',
  ]);
  const ended = within(screen.getByRole('region', { name: 'Ended this month' }));
  expect(ended.getByRole('link')).toHaveTextContent('Echo 33333333');
  expect(ended.getByText('€0.0001')).toHaveAttribute('title', '€0.000123456789');
});

it('says that nothing runs although something ended this month', async () => {
  renderWithLinks(<BilledInstances instances={[billed('33333333', 'terminated', null)]} />, meWith());
  expect(await screen.findByText('Nothing is running')).toBeInTheDocument();
  expect(screen.getByRole('region', { name: 'Ended this month' })).toBeInTheDocument();
});

it('leaves out the ended ones when there are none', async () => {
  renderWithLinks(<BilledInstances instances={[]} />, meWith());
  expect(await screen.findByText('Nothing is running')).toBeInTheDocument();
  expect(screen.queryByRole('region', { name: 'Ended this month' })).not.toBeInTheDocument();
});
