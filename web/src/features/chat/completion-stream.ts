import { createParser } from 'eventsource-parser';
import * as z from 'zod/mini';
import { currentWorkspace } from '@/api/workspace';

export type ChatMessage = { role: 'user' | 'assistant'; content: string };

/** Why an answer stopped before its end, in the gateway's words. */
export class CompletionError extends Error {
  readonly code: string | null;
  readonly status: number;
  readonly requestId: string | null;

  constructor(message: string, details: { code?: string | null; status: number; requestId?: string | null }) {
    super(message);
    this.name = 'CompletionError';
    this.code = details.code ?? null;
    this.status = details.status;
    this.requestId = details.requestId ?? null;
  }
}

export type CompletionEvent =
  | { kind: 'text'; text: string }
  | { kind: 'finish'; reason: string }
  | { kind: 'usage'; inputTokens: number; outputTokens: number };

const errorBody = z.object({
  error: z.object({ message: z.string(), code: z.nullish(z.union([z.string(), z.number()])) }),
});
const choice = z.object({
  delta: z.nullish(z.object({ content: z.nullish(z.string()) })),
  finish_reason: z.nullish(z.string()),
});
const chunkBody = z.object({
  choices: z._default(z.array(choice), []),
  usage: z.nullish(z.object({ prompt_tokens: z.number(), completion_tokens: z.number() })),
});

/** The data of the server-sent events in a stream of bytes, whose chunks end anywhere. A last event that nothing closed counts, too. */
export async function* serverSentData(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let read: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => read.push(data) });
  const take = () => {
    const taken = read;
    read = [];
    return taken;
  };
  for await (const chunk of bytes) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* take();
  }
  parser.feed(`${decoder.decode()}\n\n`);
  yield* take();
}

/** Reads a streamed chat completion. An error inside the stream, and a stream that ends without `[DONE]`, throw. */
export async function* completionEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<CompletionEvent> {
  let done = false;
  for await (const data of serverSentData(bytes)) {
    // Read to its end all the same: left early, the browser takes the request for a failed one.
    done ||= data === '[DONE]';
    if (done) continue;
    const json = parseJson(data);
    const failure = errorBody.safeParse(json);
    if (failure.success) {
      throw new CompletionError(failure.data.error.message, { code: failure.data.error.code?.toString(), status: 200 });
    }
    const chunk = chunkBody.safeParse(json);
    if (!chunk.success) continue;
    const first = chunk.data.choices[0];
    if (first?.delta?.content) yield { kind: 'text', text: first.delta.content };
    if (first?.finish_reason) yield { kind: 'finish', reason: first.finish_reason };
    const { usage } = chunk.data;
    if (usage) yield { kind: 'usage', inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens };
  }
  if (!done) throw new CompletionError('', { code: 'stream_interrupted', status: 200 });
}

type CompletionRequest = { model: string; messages: ChatMessage[]; signal: AbortSignal };

/** Asks the gateway, with the session's cookie, for a streamed answer. */
export async function* streamCompletion({
  model,
  messages,
  signal,
}: CompletionRequest): AsyncGenerator<CompletionEvent> {
  const workspace = currentWorkspace();
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', ...(workspace ? { 'X-Inventiv-Workspace': workspace } : {}) },
    body: JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  if (!response.ok || !response.body) {
    const failure = errorBody.safeParse(await response.json().catch(() => null));
    throw new CompletionError(failure.success ? failure.data.error.message : '', {
      code: failure.success ? failure.data.error.code?.toString() : null,
      status: response.status,
      requestId: response.headers.get('x-request-id'),
    });
  }
  yield* completionEvents(chunksOf(response.body));
}

/** Safari has no async iteration of streams. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
