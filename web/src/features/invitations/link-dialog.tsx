import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { InvitationLink, NoMailNotice } from './invitation-link';

/** A new link that no mail server carries: it is shown once, to be passed on. */
export function LinkDialog({ email, link, onClose }: { email: string; link: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog open onOpenChange={onClose} title={t('invitations.linkTitle', { email })}>
      <DialogBody className="grid grid-cols-1 gap-4">
        <NoMailNotice />
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
