import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { describeProblem } from '@/lib/problem-words';
import { CopyButton } from './copy-button';
import { Button } from './ui/button';
import { Notice } from './ui/notice';

/** A failure where it happened: what, what to do, and the request id to give to whoever helps. */
export function ProblemNotice({
  error,
  onRetry,
  className,
  children,
}: {
  error: unknown;
  onRetry?: () => void;
  className?: string;
  /** What helps with this very failure. */
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const words = describeProblem(t, error);
  const place = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each failure anew
  useEffect(() => {
    // In a long dialog the button that failed is at the end and this at the beginning, out of sight.
    if (place.current?.closest('[aria-modal]')) place.current.scrollIntoView({ block: 'nearest' });
  }, [error]);
  return (
    <Notice ref={place} tone="danger" role="alert" title={words.title} className={className}>
      {words.detail && <p>{words.detail}</p>}
      {children}
      {words.requestId && (
        <p className="mt-1 flex flex-wrap items-center gap-1 text-[13px] text-muted">
          {t('problems.requestId')} <code className="break-all font-mono text-xs">{words.requestId}</code>
          <CopyButton value={words.requestId} label={t('problems.copyRequestId')} iconOnly />
        </p>
      )}
      {onRetry && (
        <Button size="sm" className="mt-2" onClick={onRetry}>
          {t('common.tryAgain')}
        </Button>
      )}
    </Notice>
  );
}
