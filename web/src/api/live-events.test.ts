import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followLiveEvents, reconnectDelay } from './live-events';

class FakeSource extends EventTarget {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  close() {
    this.closed = true;
  }
  say(type: string, data: string) {
    this.dispatchEvent(new MessageEvent(type, { data }));
  }
}

const sources: FakeSource[] = [];
const urls: string[] = [];
const onChange = vi.fn();
const onBreak = vi.fn();
const onReconnect = vi.fn();
const onClosed = vi.fn();

function follow() {
  return followLiveEvents({
    topics: ['instances', 'usage'],
    workspace: 'org-1',
    onChange,
    onBreak,
    onReconnect,
    onClosed,
    random: () => 0,
    open: (url) => {
      const source = new FakeSource();
      sources.push(source);
      urls.push(url);
      return source as unknown as EventSource;
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  sources.length = 0;
  urls.length = 0;
});
afterEach(() => vi.useRealTimers());

describe('the event stream', () => {
  it('names its topics and its workspace, and passes changes on', () => {
    follow();
    expect(urls[0]).toBe('/events/stream?topics=instances%2Cusage&workspace=org-1');
    sources[0]?.say('change', '{"topic":"instances","id":"1"}');
    sources[0]?.say('change', 'not json');
    expect(onChange.mock.calls).toEqual([['instances']]);
  });

  it('comes back after a break, later each time, and says that changes may have been missed', () => {
    follow();
    sources[0]?.onerror?.();
    expect(sources[0]?.closed).toBe(true);
    expect(onBreak).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(999);
    expect(sources).toHaveLength(1);
    vi.advanceTimersByTime(1);
    sources[1]?.onerror?.();
    vi.advanceTimersByTime(1_999);
    expect(sources).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(onReconnect).not.toHaveBeenCalled();
    sources[2]?.onopen?.();
    expect(onReconnect).toHaveBeenCalledOnce();
  });

  it('reports why the server closed it, and opens again unless it was stopped', () => {
    const stop = follow();
    sources[0]?.say('closed', '{"reason":"workspace_changed"}');
    expect(onClosed).toHaveBeenCalledWith('workspace_changed');
    stop();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
  });
});

describe('the delay before another attempt', () => {
  it('doubles up to half a minute and is spread by a quarter', () => {
    expect([0, 1, 2, 5, 50].map((attempt) => reconnectDelay(attempt, 0))).toEqual([
      1_000, 2_000, 4_000, 30_000, 30_000,
    ]);
    expect(reconnectDelay(0, 1)).toBe(750);
  });
});
