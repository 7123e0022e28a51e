import { CircleStop, RotateCcw } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '@/components/copy-button';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';
import { CompletionError } from './completion-stream';
import type { Turn } from './conversation';
import { MarkdownView } from './markdown-view';

type TranscriptProps = { turns: readonly Turn[]; onRetry: () => void };

export function Transcript({ turns, onRetry }: TranscriptProps) {
  const { t } = useTranslation();
  const end = useRef<HTMLDivElement>(null);
  const length = turns.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn scrolls into view; growing text doesn't pull the reader down
  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [length]);

  return (
    <div className="flex-1">
      <ol aria-label={t('chat.conversation')} className="grid gap-5">
        {turns.map((turn, index) => (
          <TurnView key={turn.id} turn={turn} onRetry={index === length - 1 ? onRetry : undefined} />
        ))}
      </ol>
      {/* Said once an answer is complete: a live region around the growing text would read every token. */}
      <p role="status" className="sr-only">
        {turns.at(-1)?.role === 'assistant' && turns.at(-1)?.state === 'done' ? t('chat.answered') : ''}
      </p>
      <div ref={end} />
    </div>
  );
}

function TurnView({ turn, onRetry }: { turn: Turn; onRetry?: () => void }) {
  const { t } = useTranslation();
  if (turn.role === 'user') {
    return (
      <li className="flex justify-end">
        <article
          aria-label={t('chat.you')}
          className="max-w-[85%] whitespace-pre-wrap break-words rounded-2xl rounded-br-md bg-accent px-4 py-2.5"
        >
          {turn.content}
        </article>
      </li>
    );
  }
  return (
    <li>
      <article
        aria-label={t('chat.assistant')}
        aria-busy={turn.state === 'streaming'}
        className="grid gap-2 leading-relaxed"
      >
        <MarkdownView text={turn.content} />
        {turn.state === 'streaming' && turn.content === '' && (
          <p className="animate-pulse text-muted">{t('chat.thinking')}</p>
        )}
        {turn.state === 'stopped' && (
          <p className="flex items-center gap-1.5 text-[13px] text-muted">
            <CircleStop className="size-4" aria-hidden />
            {t('chat.stopped')}
          </p>
        )}
        {turn.state === 'failed' && <Failure error={turn.error} />}
        {turn.state !== 'streaming' && (
          <div className="flex items-center gap-1 text-muted text-xs">
            {turn.content && <CopyButton value={turn.content} label={t('chat.copyAnswer')} iconOnly />}
            {onRetry && (
              <Button
                variant="ghost"
                size="icon"
                aria-label={t('chat.retry')}
                title={t('chat.retry')}
                onClick={onRetry}
              >
                <RotateCcw aria-hidden />
              </Button>
            )}
            {turn.outputTokens !== undefined && <span>{t('chat.tokens', { count: turn.outputTokens })}</span>}
          </div>
        )}
      </article>
    </li>
  );
}

function Failure({ error }: { error: unknown }) {
  const { t } = useTranslation();
  if (!(error instanceof CompletionError)) return <ProblemNotice error={error} />;
  const interrupted = error.code === 'stream_interrupted';
  return (
    <Notice tone="danger" role="alert" title={interrupted ? t('chat.interrupted') : t('chat.failed')}>
      {error.message && <p>{error.message}</p>}
      {error.requestId && (
        <p className="mt-1 flex flex-wrap items-center gap-1 text-[13px] text-muted">
          {t('problems.requestId')} <code className="break-all font-mono text-xs">{error.requestId}</code>
          <CopyButton value={error.requestId} label={t('problems.copyRequestId')} iconOnly />
        </p>
      )}
    </Notice>
  );
}
