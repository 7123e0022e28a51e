import { render, screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { UsageItem } from '@/api/shapes';
import { meWith } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import { UsageTable } from './usage-table';

const used = (key: string, estimated_requests: number): UsageItem => ({
  key,
  label: key,
  requests: 12,
  estimated_requests,
  input_tokens: 3,
  cached_input_tokens: 0,
  output_tokens: 4,
  charge_eur: '0',
});

it('says how many requests have estimated tokens, and of those that were told nothing', () => {
  const items = [used('mock/echo', 2), used('mock/other', 0)];
  render(<UsageTable items={items} group="model" title="Usage by model" />, { wrapper: signedIn(meWith()).wrapper });
  const [, some, none] = screen.getAllByRole('row');
  expect(within(some as HTMLElement).getByText('2 estimated')).toHaveAttribute(
    'title',
    expect.stringContaining('engine'),
  );
  expect(within(none as HTMLElement).queryByText(/estimated/)).toBeNull();
});
