import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, expect, it, vi } from 'vitest';
import { dismissToast, toasts } from '@/lib/toasts';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { renderWithLinks } from '@/test/router';
import { JobsPage } from './jobs-page';
import type { JobsSearch } from './search';

afterEach(() => {
  vi.unstubAllGlobals();
  for (const { id } of toasts()) dismissToast(id);
});
const lastToast = () => toasts().at(-1)?.title;

const dead = {
  id: '018f0000-0000-7000-8000-00000000dead',
  kind: 'password_request',
  state: 'dead',
  attempts: 12,
  next_attempt_at: null,
  last_error: 'unavailable',
  created_at: '2026-11-23T10:00:00Z',
  finished_at: '2026-11-23T12:30:00Z',
  can_be_retried: true,
};
const mail = {
  ...dead,
  id: '018f0000-0000-7000-8000-00000000ba11',
  kind: 'mail.invitation',
  last_error: 'smtp 550',
  can_be_retried: false,
};
const admin = meWith({ permissions: ['platform.job.read', 'platform.job.retry'] });
const retryCall = `POST /platform/jobs/${dead.id}/retry`;

/** The page with an address of its own. */
function Addressed({ start = {} }: { start?: JobsSearch }) {
  const [search, setSearch] = useState(start);
  return <JobsPage search={search} onSearch={(change) => setSearch({ ...search, ...change })} />;
}

const rowOf = (name: RegExp) => screen.findByRole('row', { name });

it('says what was given up, why, and that a mail is caused again instead of retried', async () => {
  answering({ 'GET /platform/jobs': { body: { items: [dead, mail], next_cursor: null } } });
  renderWithLinks(<Addressed />, admin);
  const request = await rowOf(/Request for a new password/);
  expect(request).toHaveTextContent('Given up');
  expect(request).toHaveTextContent('unavailable');
  const invitation = await rowOf(/Mail: invitation/);
  expect(invitation).toHaveTextContent('smtp 550');
  expect(invitation).toHaveTextContent("Can't be retried: what it said is forgotten.");
  expect(within(invitation).queryByRole('button')).toBeNull();
});

it('retries a job and says so, and says why where the server refuses', async () => {
  let refused = false;
  const sent = answering({
    'GET /platform/jobs': { body: { items: [dead], next_cursor: null } },
    [retryCall]: () =>
      refused
        ? { status: 409, body: { status: 409, code: 'already_queued', errors: [] } }
        : { body: { ...dead, state: 'waiting', attempts: 0, can_be_retried: false } },
  });
  renderWithLinks(<Addressed />, admin);
  const user = userEvent.setup();
  const retry = await screen.findByRole('button', { name: 'Retry “Request for a new password” 0000dead' });
  await user.click(retry);
  await vi.waitFor(() => expect(lastToast()).toBe('“Request for a new password” waits again'));
  // Whatever came of it, the list is read again.
  await vi.waitFor(() => expect(sent.filter(({ call }) => call === 'GET /platform/jobs')).toHaveLength(2));
  refused = true;
  await user.click(retry);
  await vi.waitFor(() => expect(lastToast()).toBe('The same work is waiting already'));
  await vi.waitFor(() => expect(sent.filter(({ call }) => call === 'GET /platform/jobs')).toHaveLength(3));
});

it('offers nothing to whoever may only look', async () => {
  answering({ 'GET /platform/jobs': { body: { items: [dead], next_cursor: null } } });
  renderWithLinks(<Addressed />, meWith({ permissions: ['platform.job.read'] }));
  expect(within(await rowOf(/Request for a new password/)).queryByRole('button')).toBeNull();
});

it('asks the server for one state, and says what an empty list means', async () => {
  const sent = answering({ 'GET /platform/jobs': { body: { items: [], next_cursor: null } } });
  renderWithLinks(<Addressed />, admin);
  const user = userEvent.setup();
  expect(await screen.findByText('No jobs yet')).toBeVisible();
  await user.selectOptions(screen.getByRole('combobox', { name: 'Show' }), 'Given up');
  expect(await screen.findByText('Nothing was given up')).toBeVisible();
  expect(sent.at(-1)?.search).toContain('state=dead');
});

it('reads on where the first page ends', async () => {
  const older = { ...dead, id: '018f0000-0000-7000-8000-00000000001d', kind: 'mail.password_reset', state: 'done' };
  answering({
    'GET /platform/jobs': (_, search) => ({
      body: search.includes('cursor=') ? { items: [older], next_cursor: null } : { items: [dead], next_cursor: 'c' },
    }),
  });
  renderWithLinks(<Addressed />, admin);
  await userEvent.setup().click(await screen.findByRole('button', { name: 'Show older jobs' }));
  expect(await rowOf(/Mail: choose a new password/)).toHaveTextContent('Done');
  expect(await rowOf(/Request for a new password/)).toBeVisible();
});
