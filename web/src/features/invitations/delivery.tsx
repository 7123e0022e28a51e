import { useTranslation } from 'react-i18next';
import type { Invitation } from '@/api/shapes';
import { useFormat } from '@/lib/format';
import { isOpen } from './status';

type Delivery = NonNullable<Invitation['delivery']>;

const alarming: Delivery['status'][] = ['refused', 'given_up'];

/** What became of the mail of an open invitation, with the words of the server that did not take it. */
export function MailDelivery({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { delivery } = invitation;
  if (!delivery || !isOpen(invitation.status)) return null;
  return (
    <div className={alarming.includes(delivery.status) ? 'text-[13px] text-danger' : 'text-[13px] text-muted'}>
      {t(`invitations.delivery.${delivery.status}`, { when: format.ago(delivery.at) })}
      {delivery.reply && <span className="wrap-anywhere block sm:max-w-72">{delivery.reply}</span>}
    </div>
  );
}
