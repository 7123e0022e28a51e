import { type ChatMessage, type CompletionEvent, streamCompletion } from './completion-stream';
import { messagesOf } from './messages';

export type Turn = ChatMessage & {
  id: number;
  state: 'done' | 'streaming' | 'stopped' | 'failed';
  error?: unknown;
  outputTokens?: number;
};

type Stream = (request: Parameters<typeof streamCompletion>[0]) => AsyncIterable<CompletionEvent>;

/** A person and a model: what was said, the answer that is being written, and what is typed but not sent. It outlives the page that shows it. */
export class Conversation {
  turns: readonly Turn[] = [];
  /** Typed and not sent. */
  draft = '';
  /** Whom it was last about. */
  model: string | undefined;
  private nextId = 1;
  private running: AbortController | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly stream: Stream;

  constructor(stream: Stream = streamCompletion) {
    this.stream = stream;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  send(model: string, content: string): Promise<void> {
    return this.answer(model, [...this.turns, { id: this.nextId++, role: 'user', content, state: 'done' }]);
  }

  /** Asks the last question again. */
  retry(model: string): Promise<void> {
    return this.answer(model, this.turns.slice(0, -1));
  }

  stop(): void {
    this.running?.abort();
  }

  clear(): void {
    this.stop();
    this.model = undefined;
    this.show([]);
  }

  private async answer(model: string, history: readonly Turn[]): Promise<void> {
    const controller = new AbortController();
    this.running = controller;
    this.model = model;
    const id = this.nextId++;
    this.show([...history, { id, role: 'assistant', content: '', state: 'streaming' }]);
    try {
      for await (const event of this.stream({ model, messages: messagesOf(history), signal: controller.signal })) {
        if (event.kind === 'text') this.change(id, (turn) => ({ content: turn.content + event.text }));
        if (event.kind === 'usage') this.change(id, () => ({ outputTokens: event.outputTokens }));
      }
      this.change(id, () => ({ state: 'done' }));
    } catch (error) {
      this.change(id, () => (controller.signal.aborted ? { state: 'stopped' } : { state: 'failed', error }));
    }
  }

  private change(id: number, by: (turn: Turn) => Partial<Turn>): void {
    this.show(this.turns.map((turn) => (turn.id === id ? { ...turn, ...by(turn) } : turn)));
  }

  private show(turns: readonly Turn[]): void {
    this.turns = turns;
    for (const listener of this.listeners) listener();
  }
}

/** Those of one session, by workspace. */
let kept = new Map<string, Conversation>();
/** Workspaces whose conversations are kept at once; the one that was opened first goes first. */
const MOST_KEPT = 20;

/** The conversation of a session in a workspace, the same one wherever the person has been in between. */
export function conversationOf(workspace: string): Conversation {
  const found = kept.get(workspace);
  if (found) return found;
  const conversation = new Conversation();
  kept.set(workspace, conversation);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) {
    kept.get(oldest)?.stop();
    kept.delete(oldest);
  }
  return conversation;
}

/** With the session goes what was said in it; answers that nobody can read any more end. */
export function forgetConversations(): void {
  for (const conversation of kept.values()) conversation.stop();
  kept = new Map();
}
