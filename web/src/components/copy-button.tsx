import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from '@/lib/clipboard';
import { Button } from './ui/button';

type CopyButtonProps = { value: string; label: string; iconOnly?: boolean; onCopied?: () => void };

export function CopyButton({ value, label, iconOnly, onCopied }: CopyButtonProps) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <>
      <Button
        size={iconOnly ? 'icon' : 'sm'}
        variant={iconOnly ? 'ghost' : 'secondary'}
        aria-label={label}
        title={label}
        onClick={async () => {
          if (!(await copyText(value))) return;
          setCopied(true);
          onCopied?.();
        }}
      >
        <Icon aria-hidden />
        {!iconOnly && (copied ? t('common.copied') : t('common.copy'))}
      </Button>
      <span role="status" className="sr-only">
        {copied ? t('common.copied') : ''}
      </span>
    </>
  );
}
