import { screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { WorkspaceList } from './workspace-list';

afterEach(() => vi.unstubAllGlobals());

const organization = (id: string, name: string, slug: string) => ({ id, name, slug, role: 'owner', color: '#2563eb' });

it('tells organizations of one name apart by their slug, and shows no other slug', async () => {
  const items = [
    organization('o1', 'Acme', 'acme'),
    organization('o2', 'acme', 'acme-2'),
    organization('o3', 'Bravo', 'b'),
  ];
  answering({ 'GET /organizations': { body: { items, next_cursor: null } } });
  renderWithLinks(<WorkspaceList onChoose={vi.fn()} onLeave={vi.fn()} />, meWith());
  expect(await screen.findByRole('option', { name: 'Acme (acme)' })).toHaveTextContent('acmeOwner');
  expect(screen.getByRole('option', { name: 'acme (acme-2)' })).toHaveTextContent('acme-2Owner');
  expect(screen.getByRole('option', { name: 'Bravo' })).toHaveTextContent('BravoOwner');
});
