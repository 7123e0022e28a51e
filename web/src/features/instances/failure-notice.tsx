import { useTranslation } from 'react-i18next';
import { Notice } from '@/components/ui/notice';
import { failureLabel } from './status';

/** What failed and what to do in the reader's words; below it what was reported, which alone knows minutes and last words. */
export function FailureNotice({ code, message }: { code?: string | null; message: string }) {
  const { t } = useTranslation();
  const words = failureLabel(t, code);
  return (
    <Notice tone="danger" title={t('instances.failed')}>
      {words && <p>{words}</p>}
      <p className={words && 'mt-1 text-[13px]'}>
        {words ? t('instances.reported', { message }) : message}{' '}
        {code && <code className="font-mono text-xs">({code})</code>}
      </p>
    </Notice>
  );
}
