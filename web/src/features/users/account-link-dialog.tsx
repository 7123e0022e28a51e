import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { InvitationLink, NoMailNotice } from '@/features/invitations/invitation-link';

type AccountLinkDialogProps = { email: string; link: string; onClose: () => void };

/** The link of a new account that no mail server carries. It is in no other place, so only its button closes this. */
export function AccountLinkDialog({ email, link, onClose }: AccountLinkDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog open onOpenChange={onClose} title={t('users.created', { email })} dismissible={false}>
      <DialogBody className="grid grid-cols-1 gap-4">
        <NoMailNotice>{t('users.linkDetail')}</NoMailNotice>
        <InvitationLink email={email} link={link} />
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" onClick={onClose}>
          {t('common.doneButton')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
