import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { meWith } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import { ActivationCard } from './activation-card';

const instance = { id: 'i1', scope: 'organization', is_operational: false, missing_activations: ['tech', 'eco'] };

it('says what is missing and who may set it, and offers only what the person may do', () => {
  const { wrapper } = signedIn(meWith({ permissions: ['instance.activate_eco'] }));
  render(<ActivationCard noun="instance" name="Small" resource={instance} />, { wrapper });
  expect(screen.getByText('Not operational: technical and economic activation missing')).toBeInTheDocument();
  expect(screen.getByText(/Admins and owners may do this/)).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Activate economically' })).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Activate technically' })).not.toBeInTheDocument();
});

it('names the one activation that is missing', () => {
  const { wrapper } = signedIn(meWith());
  render(<ActivationCard noun="instance" name="Small" resource={{ ...instance, missing_activations: ['eco'] }} />, {
    wrapper,
  });
  expect(screen.getByText('Not operational: economic activation missing')).toBeInTheDocument();
});

it('says what comes next once it is operational, and not before', () => {
  const { wrapper } = signedIn(meWith());
  const card = (resource: typeof instance) => (
    <ActivationCard noun="instance" name="Small" resource={resource} next={<p>Try it</p>} />
  );
  const { rerender } = render(card(instance), { wrapper });
  expect(screen.queryByText('Try it')).not.toBeInTheDocument();
  rerender(card({ ...instance, is_operational: true, missing_activations: [] }));
  expect(screen.getByText('Try it')).toBeInTheDocument();
});

it('offers nothing on what belongs to the platform while in an organization', () => {
  const { wrapper } = signedIn(
    meWith({ permissions: ['model.activate_tech', 'model.activate_eco'], current_organization_id: 'o1' }),
  );
  render(<ActivationCard noun="model" name="Echo" resource={{ ...instance, scope: 'platform' }} />, { wrapper });
  expect(screen.queryByRole('button')).not.toBeInTheDocument();
});
