import { createFileRoute } from '@tanstack/react-router';
import { ForgotPasswordPage } from '@/features/recovery/forgot-password-page';

export const Route = createFileRoute('/forgot-password')({
  staticData: { title: 'recovery.forgotTitle', unscoped: true },
  component: ForgotPasswordPage,
});
