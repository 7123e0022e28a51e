import { ArrowUp, Square } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { isComposing, isEnter } from '@/lib/enter-key';
import type { Conversation } from './conversation';

type ComposerProps = {
  conversation: Conversation;
  notice: 'not_operational' | 'not_ready' | null;
  onSend: (content: string) => void;
};

/** Enter sends, Shift+Enter breaks the line, Escape stops the answer. */
export function Composer({ conversation, notice, onSend }: ComposerProps) {
  const { t } = useTranslation();
  const streaming = conversation.turns.at(-1)?.state === 'streaming';
  const [text, setText] = useState(conversation.draft);
  const field = useRef<HTMLTextAreaElement>(null);

  const write = (next: string) => {
    setText(next);
    // What isn't sent yet is still there when the person comes back.
    conversation.draft = next;
  };

  const send = () => {
    const content = text.trim();
    if (!content || streaming) return;
    write('');
    onSend(content);
    field.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (isEnter(event)) {
      event.preventDefault();
      send();
    }
    if (event.key === 'Escape' && streaming && !isComposing(event)) conversation.stop();
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      className="sticky bottom-0 -mx-1 bg-background px-1 pb-4"
    >
      {notice && (
        <p role="status" className="mb-2 rounded-lg bg-warning-soft px-3 py-2 text-[13px] text-warning">
          {t(`chat.notice.${notice}`)}
        </p>
      )}
      <div className="flex items-end gap-2 rounded-2xl border border-input/60 bg-surface p-2 shadow-sm focus-within:border-ring">
        <textarea
          ref={field}
          aria-label={t('chat.message')}
          placeholder={t('chat.placeholder')}
          rows={1}
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
          className="field-sizing-content max-h-48 min-h-9 flex-1 resize-none bg-transparent px-2 py-2 text-sm outline-none placeholder:text-muted focus-visible:outline-none"
        />
        {streaming ? (
          <Button size="icon" className="size-9" aria-label={t('chat.stop')} onClick={() => conversation.stop()}>
            <Square className="fill-current" aria-hidden />
          </Button>
        ) : (
          <Button
            type="submit"
            variant="primary"
            size="icon"
            className="size-9"
            aria-label={t('chat.send')}
            disabled={!text.trim()}
          >
            <ArrowUp aria-hidden />
          </Button>
        )}
      </div>
      <p className="mt-1.5 text-center text-muted text-xs">{t('chat.keys')}</p>
    </form>
  );
}
