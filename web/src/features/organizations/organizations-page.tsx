import { Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Page } from '@/components/page';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Notice } from '@/components/ui/notice';
import { useCan } from '@/features/session/session';
import { CreateOrganizationDialog } from './create-organization-dialog';
import { OrganizationList } from './organization-list';

type OrganizationsPageProps = {
  creating: boolean;
  /** A page that needs an organization led here. */
  needed: boolean;
  onCreating: (creating: boolean) => void;
};

export function OrganizationsPage({ creating, needed, onCreating }: OrganizationsPageProps) {
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
      {needed && (
        <Notice tone="info" title={t('organizations.needed')}>
          {t('organizations.neededDetail')}
        </Notice>
      )}
      <Card>
        <OrganizationList />
      </Card>
      {canCreate && <CreateOrganizationDialog open={creating} needed={needed} onOpenChange={onCreating} />}
    </Page>
  );
}
