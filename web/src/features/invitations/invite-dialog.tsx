import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { randomId } from '@/api/identifier';
import type { InvitationResult } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Textarea } from '@/components/ui/field';
import { RoleField } from '@/features/members/role-field';
import { WayOut } from '@/features/members/way-out';
import { useInvitableRoles } from '@/features/organizations/queries';
import type { Role } from '@/features/organizations/role';
import { useSendsMail } from '@/features/session/sends-mail';
import { useMe } from '@/features/session/session';
import { useUnsaved } from '@/lib/use-unsaved';
import { MOST_ADDRESSES, malformed, parseAddresses } from './addresses';
import { InviteResults } from './invite-results';

type InviteDialogProps = { open: boolean; onOpenChange: (open: boolean) => void };

/** Two steps: whom and as what, then what became of each address. */
export function InviteDialog({ open, onOpenChange }: InviteDialogProps) {
  const { t } = useTranslation();
  const organization = useMe().current_organization_name ?? '';
  const [results, setResults] = useState<InvitationResult[] | null>(null);
  const sendsMail = useSendsMail();
  const title = results
    ? t(
        results.some(({ invitation }) => invitation?.link)
          ? 'invitations.resultsTitleNoMail'
          : 'invitations.resultsTitle',
      )
    : t('invitations.createTitle', { name: organization });

  const change = (next: boolean) => {
    onOpenChange(next);
    if (!next) setResults(null);
  };

  return (
    <Dialog
      open={open}
      onOpenChange={change}
      title={title}
      description={results ? undefined : t(sendsMail ? 'invitations.createDetail' : 'invitations.createDetailNoMail')}
    >
      {results ? (
        <InviteResults results={results} onDone={() => change(false)} />
      ) : (
        <InviteForm onInvited={setResults} onCancel={() => change(false)} />
      )}
    </Dialog>
  );
}

type InviteFormProps = { onInvited: (results: InvitationResult[]) => void; onCancel: () => void };

function InviteForm({ onInvited, onCancel }: InviteFormProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const [role, setRole] = useState<Role>('user');
  const [complaint, setComplaint] = useState<string | undefined>();
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const idempotencyKey = useRef(randomId());
  const emails = parseAddresses(text);
  const offered = useInvitableRoles();
  useUnsaved({ isDirty: text.trim() !== '', isSubmitting: pending });

  const complaintAbout = (addresses: string[]): string | undefined => {
    if (addresses.length === 0) return t('invitations.addressRequired');
    if (addresses.length > MOST_ADDRESSES) return t('invitations.tooMany', { count: MOST_ADDRESSES });
    const wrong = malformed(addresses);
    return wrong.length > 0
      ? t('invitations.malformed', { count: wrong.length, addresses: wrong.join(', ') })
      : undefined;
  };

  const invite = async (event: FormEvent) => {
    event.preventDefault();
    const found = complaintAbout(emails);
    setComplaint(found);
    if (found || pending) return;
    setPending(true);
    setError(null);
    try {
      const answer = await body(
        api.POST('/organizations/current/invitations', {
          body: { emails, role },
          headers: { 'Idempotency-Key': idempotencyKey.current },
        }),
      );
      await queries.invalidateQueries({ queryKey: ['invitations'] });
      // Addresses sent as a list are answered as a list.
      onInvited('items' in answer ? answer.items : []);
    } catch (failure) {
      idempotencyKey.current = randomId();
      setError(failure);
    } finally {
      setPending(false);
    }
  };

  return (
    <form onSubmit={invite} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {error !== null && (
          <ProblemNotice error={error}>
            <WayOut error={error} />
          </ProblemNotice>
        )}
        <Field label={t('invitations.addresses')} hint={t('invitations.addressesHint')} error={complaint}>
          <AddressesArea value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        <RoleField value={role} onChange={setRole} offered={offered} />
      </DialogBody>
      <DialogFooter>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" pending={pending}>
          {t('invitations.send', { count: Math.max(emails.length, 1) })}
        </Button>
      </DialogFooter>
    </form>
  );
}

/** The field passes its id to whatever control it holds. */
function AddressesArea(props: React.ComponentProps<'textarea'>) {
  return <Textarea rows={4} autoComplete="off" spellCheck={false} {...props} />;
}
