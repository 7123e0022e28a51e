import { createFileRoute } from '@tanstack/react-router';
import { useLinkToken } from '@/features/recovery/link-token';
import { ResetPasswordPage } from '@/features/recovery/reset-password-page';

export const Route = createFileRoute('/reset-password')({
  staticData: { title: 'recovery.resetTitle', unscoped: true },
  component: ResetPassword,
});

function ResetPassword() {
  return <ResetPasswordPage token={useLinkToken()} />;
}
