import type { ReactNode } from 'react';
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
  return (
    <Notice tone="danger" role="alert" title={words.title} className={className}>
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
