import { createFileRoute } from '@tanstack/react-router';
import { ConfirmEmailPage } from '@/features/recovery/confirm-email-page';
import { useLinkToken } from '@/features/recovery/link-token';

export const Route = createFileRoute('/confirm-email')({
  staticData: { title: 'recovery.confirmTitle', unscoped: true },
  component: ConfirmEmail,
});

function ConfirmEmail() {
  return <ConfirmEmailPage token={useLinkToken()} />;
}
