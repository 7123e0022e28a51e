import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  isFromProxy,
  onServerBack,
  probe,
  probeDelay,
  serverAnswered,
  serverAwaySince,
  serverSilent,
  subscribeReachability,
} from './reachability';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  serverAnswered();
  onServerBack(() => {});
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('remembers since when no answer comes, however often none comes', () => {
  const heard = vi.fn();
  const stop = subscribeReachability(heard);
  serverSilent(1_000);
  serverSilent(2_000);
  expect(serverAwaySince()).toBe(1_000);
  expect(heard).toHaveBeenCalledTimes(1);
  stop();
});

it('asks until the server is back, and says so once', async () => {
  const back = vi.fn();
  onServerBack(back);
  const fetched = vi
    .fn()
    .mockRejectedValueOnce(new TypeError('Failed to fetch'))
    .mockResolvedValueOnce(new Response('<h1>Bad gateway</h1>', { status: 502 }))
    .mockResolvedValue(new Response('{"version":"1"}'));
  vi.stubGlobal('fetch', fetched);
  serverSilent(1_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetched).toHaveBeenCalledTimes(3);
  expect(serverAwaySince()).toBeNull();
  expect(back).toHaveBeenCalledTimes(1);
  await probe();
  expect(back).toHaveBeenCalledTimes(1);
});

it('asks with patience, and never gives up', () => {
  expect([0, 1, 2, 50].map(probeDelay)).toEqual([1_000, 2_000, 4_000, 15_000]);
});

it.each([
  [502, 'text/html', true],
  [503, 'text/html', true],
  [503, 'application/problem+json', false],
  [500, 'text/html', false],
  [404, 'text/html', false],
])('tells a proxy without a server from a server that refuses: %d %s', (status, type, isProxy) => {
  expect(isFromProxy(new Response('', { status, headers: { 'content-type': type } }))).toBe(isProxy);
});
