import { Building2, Globe, User } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Badge } from '@/components/ui/badge';
import { shortId } from '@/lib/short-id';
import { useMe } from './session';

/** Whose a resource is: "Personal", "Public" or "Org: <name>". */
export function ScopeBadge({ organizationId, scope }: { organizationId: string | null | undefined; scope: string }) {
  const { t } = useTranslation();
  const me = useMe();
  if (organizationId) {
    // Only the current organization's rows and public ones can be seen here, so the name is known.
    const name = organizationId === me.current_organization_id ? me.current_organization_name : null;
    const words = t('common.scope.organization', { name: name ?? shortId(organizationId) });
    return (
      <Badge className="max-w-48" title={words}>
        <Building2 aria-hidden />
        <span className="truncate">{words}</span>
      </Badge>
    );
  }
  const personal = scope === 'personal';
  return (
    <Badge>
      {personal ? <User aria-hidden /> : <Globe aria-hidden />}
      {personal ? t('common.scope.personal') : t('common.scope.public')}
    </Badge>
  );
}
