import { Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Page } from '@/components/page';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { useCan } from '@/features/session/session';
import { CreateOrganizationDialog } from './create-organization-dialog';
import { OrganizationList } from './organization-list';

type OrganizationsPageProps = { creating: boolean; onCreating: (creating: boolean) => void };

export function OrganizationsPage({ creating, onCreating }: OrganizationsPageProps) {
  const { t } = useTranslation();
  const canCreate = useCan('organization.create');
  return (
    <Page
      title={t('organizations.title')}
      description={t('organizations.description')}
      narrow
      actions={
        canCreate && (
          <Button variant="primary" onClick={() => onCreating(true)}>
            <Plus aria-hidden />
            {t('organizations.create')}
          </Button>
        )
      }
    >
      <Card>
        <OrganizationList />
      </Card>
      {canCreate && <CreateOrganizationDialog open={creating} onOpenChange={onCreating} />}
    </Page>
  );
}
