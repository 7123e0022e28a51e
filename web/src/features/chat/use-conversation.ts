import { useEffect, useRef, useState } from 'react';
import { type ChatMessage, streamCompletion } from './completion-stream';

export type Turn = ChatMessage & {
  id: number;
  state: 'done' | 'streaming' | 'stopped' | 'failed';
  error?: unknown;
  outputTokens?: number;
};

/** A conversation in this page: what was said, and the answer that is being written. */
export function useConversation() {
  const [turns, setTurns] = useState<Turn[]>([]);
  const running = useRef<AbortController | null>(null);
  const nextId = useRef(1);
  const streaming = turns.at(-1)?.state === 'streaming';

  // Leaving the page stops the answer: nobody reads it, and it costs.
  useEffect(() => () => running.current?.abort(), []);

  const update = (id: number, change: (turn: Turn) => Partial<Turn>) =>
    setTurns((before) => before.map((turn) => (turn.id === id ? { ...turn, ...change(turn) } : turn)));

  const answer = async (model: string, history: Turn[]) => {
    const controller = new AbortController();
    running.current = controller;
    const id = nextId.current++;
    setTurns([...history, { id, role: 'assistant', content: '', state: 'streaming' }]);
    try {
      const messages = history.filter(({ content }) => content !== '').map(({ role, content }) => ({ role, content }));
      for await (const event of streamCompletion({ model, messages, signal: controller.signal })) {
        if (event.kind === 'text') update(id, (turn) => ({ content: turn.content + event.text }));
        if (event.kind === 'usage') update(id, () => ({ outputTokens: event.outputTokens }));
      }
      update(id, () => ({ state: 'done' }));
    } catch (error) {
      update(id, () => (controller.signal.aborted ? { state: 'stopped' } : { state: 'failed', error }));
    }
  };

  return {
    turns,
    streaming,
    send: (model: string, content: string) =>
      answer(model, [...turns, { id: nextId.current++, role: 'user', content, state: 'done' }]),
    retry: (model: string) => answer(model, turns.slice(0, -1)),
    stop: () => running.current?.abort(),
    clear: () => {
      running.current?.abort();
      setTurns([]);
    },
  };
}
