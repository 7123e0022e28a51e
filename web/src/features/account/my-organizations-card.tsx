import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { OrganizationList } from '@/features/organizations/organization-list';

export function MyOrganizationsCard() {
  const { t } = useTranslation();
  return (
    <Card
      title={t('organizations.title')}
      actions={
        <Button size="sm" asChild>
          <Link to="/organizations" search={{ create: true }}>
            {t('organizations.create')}
          </Link>
        </Button>
      }
    >
      <OrganizationList />
    </Card>
  );
}
