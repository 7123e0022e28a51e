import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '@/components/copy-button';
import { Input } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';

/** Links come back only when there is no mail server to carry them. */
export function NoMailNotice({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Notice tone="warning" title={t('invitations.noMail')}>
      {children ?? t('invitations.noMailDetail')}
    </Notice>
  );
}

export function InvitationLink({ email, link }: { email: string; link: string }) {
  const { t } = useTranslation();
  return (
    <div className="flex items-center gap-2">
      <Input readOnly aria-label={t('invitations.link', { email })} value={link} className="font-mono text-xs" />
      <CopyButton value={link} label={t('invitations.copyLink', { email })} iconOnly />
    </div>
  );
}
