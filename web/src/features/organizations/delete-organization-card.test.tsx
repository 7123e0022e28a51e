import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { DeleteOrganizationCard } from './delete-organization-card';

afterEach(() => vi.unstubAllGlobals());

const preview = {
  organization_id: 'o1',
  name: 'Acme',
  slug: 'acme',
  can_be_deleted: true,
  members: 3,
  sessions: 4,
  api_keys: 1,
  invitations: 2,
  blocking_instances: [],
  blocking_instances_count: 0,
};
const me = meWith({ current_organization_id: 'o1', current_organization_name: 'Acme' });

it('says what would end, and deletes only after the slug was typed', async () => {
  const sent = answering({
    'GET /organizations/current/deletion_preview': { body: preview },
    'DELETE /organizations/current': { body: meWith() },
  });
  renderWithLinks(<DeleteOrganizationCard />, me);
  const user = userEvent.setup();
  expect(await screen.findByText('3 memberships end.')).toBeInTheDocument();
  expect(screen.getByText('2 open invitations are withdrawn.')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Delete organization…' }));
  const confirm = screen.getByRole('button', { name: 'Delete organization' });
  expect(confirm).toBeDisabled();
  await user.type(screen.getByRole('textbox', { name: 'Type “acme” to confirm' }), 'acme');
  await user.click(confirm);
  await vi.waitFor(() =>
    expect(sent).toContainEqual({ call: 'DELETE /organizations/current', body: { slug: 'acme' } }),
  );
});

it('names the instances that stand in the way', async () => {
  const instance = { id: '0000-12345678', status: 'ready', instance_type_code: 'L4-1-24G', zone_code: 'mock-1a' };
  answering({
    'GET /organizations/current/deletion_preview': {
      body: { ...preview, can_be_deleted: false, blocking_instances: [instance], blocking_instances_count: 1 },
    },
  });
  renderWithLinks(<DeleteOrganizationCard />, me);
  expect(await screen.findByText('1 instance stands in the way')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'L4-1-24G · mock-1a · 12345678' })).toHaveAttribute(
    'href',
    '/instances/0000-12345678',
  );
  expect(screen.getByRole('button', { name: 'Delete organization…' })).toBeDisabled();
});
