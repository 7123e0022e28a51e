import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { dismissToast, toasts } from '@/lib/toasts';
import { answering } from '@/test/answers';
import { meWith } from '@/test/fixtures';
import { signedIn } from '@/test/wrapper';
import { useLiveUpdates } from './live-updates';
import { adoptSession } from './session';

class FakeSource extends EventTarget {
  static last: FakeSource | undefined;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor() {
    super();
    FakeSource.last = this;
  }
  close() {}
}

const acme = meWith({ current_organization_id: 'o1', current_organization_name: 'Acme' });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeSource);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  for (const { id } of toasts()) dismissToast(id);
});

const closeStream = () =>
  FakeSource.last?.dispatchEvent(new MessageEvent('closed', { data: '{"reason":"workspace_changed"}' }));

it('says where the session is when another tab moved it', async () => {
  answering({ 'GET /auth/me': { body: acme } });
  const { wrapper } = signedIn(meWith());
  renderHook(() => useLiveUpdates(), { wrapper });
  closeStream();
  await act(() => vi.advanceTimersByTimeAsync(2_000));
  expect(toasts().map(({ title }) => title)).toEqual(['You are in Acme now']);
});

it('asks nothing and says nothing about a move made here', async () => {
  const sent = answering({ 'GET /auth/me': { body: acme } });
  const { queries, wrapper } = signedIn(meWith());
  renderHook(() => useLiveUpdates(), { wrapper });
  closeStream();
  await act(() => adoptSession(queries, acme));
  await act(() => vi.advanceTimersByTimeAsync(2_000));
  expect(sent).toEqual([]);
  expect(toasts()).toEqual([]);
});
