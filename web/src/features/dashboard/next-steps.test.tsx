import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { NextSteps } from './next-steps';

const deploy = { id: 'deploy' as const, done: true, link: { to: '/instances/deploy' as const } };
const key = { id: 'key' as const, done: false, link: { to: '/api-keys' as const } };
const request = { id: 'request' as const, done: false, link: { to: '/chat' as const } };

it('marks the first step that is not done', async () => {
  renderWithLinks(<NextSteps steps={[deploy, key, request]} />, meWith());
  const steps = await screen.findAllByRole('listitem');
  expect(steps.map((step) => step.getAttribute('aria-current'))).toEqual([null, 'step', null]);
});

it('is gone once the way has been walked', async () => {
  renderWithLinks(
    <>
      <NextSteps steps={[deploy]} />
      <p>The rest</p>
    </>,
    meWith(),
  );
  expect(await screen.findByText('The rest')).toBeInTheDocument();
  expect(screen.queryByRole('list')).not.toBeInTheDocument();
});
