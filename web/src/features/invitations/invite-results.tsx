import { useTranslation } from 'react-i18next';
import type { InvitationResult } from '@/api/shapes';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { DialogBody, DialogFooter } from '@/components/ui/dialog';
import { InvitationLink, NoMailNotice } from './invitation-link';

/** What became of each address, with the links where nothing else carries them. */
export function InviteResults({ results, onDone }: { results: InvitationResult[]; onDone: () => void }) {
  const { t } = useTranslation();
  const mustBePassedOn = results.some(({ invitation }) => invitation?.link);
  return (
    <>
      <DialogBody className="grid grid-cols-1 gap-4">
        {mustBePassedOn && <NoMailNotice />}
        <ul aria-label={t('invitations.title')} className="divide-y divide-border">
          {results.map(({ email, result, invitation }) => (
            <li key={email} className="grid grid-cols-1 gap-2 py-3 first:pt-0 last:pb-0">
              <p className="flex flex-wrap items-center justify-between gap-2">
                <span className="break-all font-medium">{email}</span>
                <Badge tone={result === 'invited' ? 'success' : 'neutral'}>{t(`invitations.result.${result}`)}</Badge>
              </p>
              {invitation?.link && <InvitationLink email={email} link={invitation.link} />}
            </li>
          ))}
        </ul>
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" onClick={onDone}>
          {t('common.doneButton')}
        </Button>
      </DialogFooter>
    </>
  );
}
