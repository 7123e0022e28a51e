import { describe, expect, it } from 'vitest';
import { type CompletionEvent, completionEvents, serverSentData } from './completion-stream';

async function* bytes(...chunks: (string | Uint8Array)[]) {
  for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
}

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const event of events) read.push(event);
  return read;
}

describe('serverSentData', () => {
  it('joins lines and characters that were cut between chunks', async () => {
    const euro = new TextEncoder().encode('data: 5 €\n\n');
    expect(await all(serverSentData(bytes('da', 'ta: one\n', '\n', euro.slice(0, 9), euro.slice(9))))).toEqual([
      'one',
      '5 €',
    ]);
  });

  it('understands every line ending, also when a \\r\\n is cut in two', async () => {
    expect(await all(serverSentData(bytes('data: a\r', '\n\r\ndata: b\r\rdata:c\n\n')))).toEqual(['a', 'b', 'c']);
  });

  it('ignores comments and makes one event of several data lines', async () => {
    expect(await all(serverSentData(bytes(': heartbeat\n\nevent: x\ndata: 1\ndata: 2\n\n')))).toEqual(['1\n2']);
  });

  it('takes a last event that nothing closed, and nothing twice', async () => {
    expect(await all(serverSentData(bytes('data: a\n\ndata: b\n')))).toEqual(['a', 'b']);
    expect(await all(serverSentData(bytes('data: a\r\n\r\nda', 'ta: b\r')))).toEqual(['a', 'b']);
  });
});

describe('completionEvents', () => {
  const text = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

  it('gives the text, why it ended, and what it used', async () => {
    const stream = bytes(
      text('Hel'),
      text('lo'),
      'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n',
      'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n',
      'data: [DONE]\n\n',
    );
    expect(await all(completionEvents(stream))).toEqual([
      { kind: 'text', text: 'Hel' },
      { kind: 'text', text: 'lo' },
      { kind: 'finish', reason: 'stop' },
      { kind: 'usage', inputTokens: 3, outputTokens: 2 },
    ]);
  });

  it('reads on after the last event, so that the browser sees the request end', async () => {
    let ended = false;
    async function* stream() {
      yield* bytes('data: [DONE]\n\n', text('late'));
      ended = true;
    }
    expect(await all(completionEvents(stream()))).toEqual([]);
    expect(ended).toBe(true);
  });

  it('throws an error that arrives inside the stream, after the text that came before it', async () => {
    const read: CompletionEvent[] = [];
    const reading = (async () => {
      for await (const event of completionEvents(
        bytes(text('Hel'), 'data: {"error":{"message":"The instance stopped.","code":"upstream_failed"}}\n\n'),
      )) {
        read.push(event);
      }
    })();
    await expect(reading).rejects.toMatchObject({ message: 'The instance stopped.', code: 'upstream_failed' });
    expect(read).toEqual([{ kind: 'text', text: 'Hel' }]);
  });

  it('does not take a broken connection for a finished answer', async () => {
    await expect(all(completionEvents(bytes(text('Hel'))))).rejects.toMatchObject({ code: 'stream_interrupted' });
  });
});
