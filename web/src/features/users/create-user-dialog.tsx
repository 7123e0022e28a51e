import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import { randomId } from '@/api/identifier';
import { asProblem } from '@/api/problem';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Checkbox, Field, Input } from '@/components/ui/field';
import { NameFields, nameRules } from '@/features/account/person-fields';
import { refreshMembers } from '@/features/members/queries';
import { RoleField } from '@/features/members/role-field';
import { WayOut } from '@/features/members/way-out';
import { useInvitableRoles } from '@/features/organizations/queries';
import { roles } from '@/features/organizations/role';
import { useCan, useMe } from '@/features/session/session';
import { languages } from '@/i18n/language';
import { showFieldProblems } from '@/lib/form-problems';
import { toast } from '@/lib/toasts';
import { useUnsaved } from '@/lib/use-unsaved';
import { AccountLinkDialog } from './account-link-dialog';
import { LanguageOptions } from './language-options';

const newUser = z.object({
  email: z.string().check(z.trim(), z.minLength(1)),
  ...nameRules,
  locale: z.enum(languages),
  role: z.enum(roles),
  platform_admin: z.boolean(),
});
type NewUser = z.infer<typeof newUser>;

type CreateUserDialogProps = { open: boolean; onOpenChange: (open: boolean) => void };

/** Makes an account without a password; the person chooses one by a link to the address. */
export function CreateUserDialog({ open, onOpenChange }: CreateUserDialogProps) {
  const { t } = useTranslation();
  const [unsent, setUnsent] = useState<{ email: string; link: string } | null>(null);
  const close = () => {
    setUnsent(null);
    onOpenChange(false);
  };
  if (unsent) return <AccountLinkDialog {...unsent} onClose={close} />;
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('users.create')} description={t('users.createDetail')}>
      <CreateUserForm onUnsent={(email, link) => setUnsent({ email, link })} onClose={close} />
    </Dialog>
  );
}

type CreateUserFormProps = { onUnsent: (email: string, link: string) => void; onClose: () => void };

function CreateUserForm({ onUnsent, onClose }: CreateUserFormProps) {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const inOrganization = me.current_organization_id != null;
  const offered = useInvitableRoles();
  const [error, setError] = useState<unknown>(null);
  const idempotencyKey = useRef(randomId());
  const form = useForm<NewUser>({
    resolver: zodResolver(newUser),
    defaultValues: { email: '', first_name: '', last_name: '', locale: 'en', role: 'user', platform_admin: false },
  });
  const { errors, isSubmitting } = form.formState;
  useUnsaved(form.formState);

  const create = form.handleSubmit(async ({ role, platform_admin, ...person }) => {
    setError(null);
    const rights = inOrganization ? { role } : { platform_role: platform_admin ? ('admin' as const) : undefined };
    try {
      const headers = { 'Idempotency-Key': idempotencyKey.current };
      const { email, link } = await body(api.POST('/users', { body: { ...person, ...rights }, headers }));
      await refreshMembers(queries);
      if (link) return onUnsent(email, link);
      toast({ title: t('users.created', { email: person.email }), detail: t('users.createdDetail') });
      onClose();
    } catch (failure) {
      idempotencyKey.current = randomId();
      if (!showFieldProblems(failure, ['email', 'first_name', 'last_name'], form.setError)) setError(failure);
    }
  });

  return (
    <form onSubmit={create} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {error !== null && (
          <ProblemNotice error={error}>
            <WayOut error={error} />
            <InviteInstead error={error} />
          </ProblemNotice>
        )}
        <Field
          label={t('recovery.email')}
          error={errors.email && (errors.email.type === 'server' ? errors.email.message : t('recovery.emailRequired'))}
        >
          <Input type="email" autoComplete="off" {...form.register('email')} />
        </Field>
        <NameFields register={form.register} errors={errors} />
        <Field label={t('account.language')}>
          <LanguageOptions {...form.register('locale')} />
        </Field>
        {inOrganization ? (
          <RoleField value={form.watch('role')} onChange={(role) => form.setValue('role', role)} offered={offered} />
        ) : (
          <Checkbox
            label={t('users.platformAdmin')}
            hint={t('users.platformAdminHint')}
            {...form.register('platform_admin')}
          />
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" pending={isSubmitting}>
          {t('users.create')}
        </Button>
      </DialogFooter>
    </form>
  );
}

/** Whoever has an account joins by invitation: it is theirs to accept. */
function InviteInstead({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const canInvite = useCan('invitation.create');
  if (!canInvite || asProblem(error).code !== 'use_invitation') return null;
  return (
    <Link
      to="/organization/invitations"
      search={{ create: true }}
      // What was typed is of no use here: the refusal said so.
      ignoreBlocker
      className="underline underline-offset-4"
    >
      {t('invitations.create')}
    </Link>
  );
}
