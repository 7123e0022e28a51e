import { useTranslation } from 'react-i18next';
import { Page } from '@/components/page';
import { SecondFactorsCard } from '@/features/second-factors/second-factors-card';
import { AppearanceCard } from './appearance-card';
import { CloseAccountCard } from './close-account-card';
import { EmailCard } from './email-card';
import { LanguageCard } from './language-card';
import { MyOrganizationsCard } from './my-organizations-card';
import { PasswordCard } from './password-card';
import { ProfileCard } from './profile-card';
import type { AccountDialog } from './search';
import { SessionsCard } from './sessions-card';

type AccountPageProps = { dialog: AccountDialog; onDialog: (dialog: AccountDialog) => void };

export function AccountPage({ dialog, onDialog }: AccountPageProps) {
  const { t } = useTranslation();
  return (
    <Page title={t('account.title')} description={t('account.description')} narrow>
      <ProfileCard />
      <EmailCard />
      <PasswordCard />
      <SecondFactorsCard dialog={dialog} onDialog={onDialog} />
      <LanguageCard />
      <AppearanceCard />
      <SessionsCard />
      <MyOrganizationsCard />
      <CloseAccountCard />
    </Page>
  );
}
