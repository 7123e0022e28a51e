import { screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Me } from '@/api/shapes';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { ChatPage } from './chat-page';

afterEach(() => vi.unstubAllGlobals());

const small = { id: 'mock/small', name: 'Small', context_length: 8192, is_ready: false, missing_activations: [] };
const large = { ...small, id: 'mock/large', name: 'Large', is_ready: true };

function show(models: object[], me: Me, modelId?: string) {
  answering({ 'GET /chat/models': { body: { items: models, next_cursor: null } } });
  renderWithLinks(<ChatPage modelId={modelId} onModel={vi.fn()} />, me);
}

it('talks to a model that is ready, unless the address names another one', async () => {
  show([small, large], meWith());
  expect(await screen.findByRole('combobox', { name: 'Model' })).toHaveValue('mock/large');
  expect(screen.getByText('Ask Large anything.')).toBeInTheDocument();
});

it("leads those who may deploy to the instances when the address' model isn't ready", async () => {
  show([small, large], meWith({ permissions: ['instance.create'] }), 'mock/small');
  expect(await screen.findByRole('heading', { name: "Small isn't ready" })).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Instances' })).toBeInTheDocument();
});

it('leads from Personal to the organizations', async () => {
  show([small], meWith());
  expect(await screen.findByRole('link', { name: 'Organizations' })).toBeInTheDocument();
});

it('says in an organization who can make it answer', async () => {
  show([small], meWith({ current_organization_id: 'o1' }));
  expect(await screen.findByText(/Admins and owners of this workspace/)).toBeInTheDocument();
  expect(screen.queryByRole('link')).not.toBeInTheDocument();
});
