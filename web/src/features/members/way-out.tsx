import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import { useCan, useMe } from '@/features/session/session';
import { personName } from '@/lib/person-name';
import { membersQuery } from './queries';

/** Whom to ask when a role doesn't reach far enough. */
export function WayOut({ error }: { error: unknown }) {
  if (asProblem(error).code !== 'delegation') return null;
  return (
    <div className="mt-2">
      <Owners />
    </div>
  );
}

/** The other owners here. Shown so that people know; nothing is decided from it. */
export function Owners() {
  const { t } = useTranslation();
  const me = useMe();
  const canSeeMembers = useCan('member.read');
  const members = useQuery({ ...membersQuery, enabled: canSeeMembers });
  const owners = members.data?.items.filter(({ role, user_id }) => role === 'owner' && user_id !== me.id) ?? [];
  if (owners.length === 0) return null;
  return (
    <>
      <p>{t('members.owners')}</p>
      <ul>
        {owners.slice(0, 5).map((owner) => (
          <li key={owner.user_id}>
            {personName(owner)} · {owner.email}
          </li>
        ))}
      </ul>
    </>
  );
}
