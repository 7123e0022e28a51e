import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import { Loaded } from '@/components/loaded';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Input } from '@/components/ui/field';
import { Skeleton } from '@/components/ui/skeleton';
import { CodeField } from '@/features/second-factors/code-field';
import { describeFieldProblem } from '@/lib/problem-words';
import { signWithPasskey, supportsPasskeys } from '@/lib/webauthn';
import { answerAll } from './asking';

type Kind = 'password' | 'code';

/** The question itself. */
export function AskingDialog() {
  const { t } = useTranslation();
  const [kind, setKind] = useState<Kind>('password');
  const [typed, setTyped] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  // What a passkey is asked to sign is good for one answer: another try fetches another.
  const choices = useQuery({
    queryKey: ['reauthentication'],
    queryFn: () => body(api.POST('/auth/reauthenticate/start')),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });

  const prove = async (proof: () => Promise<unknown>) => {
    setPending(true);
    setError(null);
    try {
      await proof();
      answerAll(true);
    } catch (failure) {
      setError(failure);
      setTyped('');
      setPending(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed) void prove(() => api.POST('/auth/reauthenticate', { body: { [kind]: typed } }));
  };
  const withPasskey = () =>
    prove(async () => {
      const fresh = error === null ? choices.data : (await choices.refetch()).data;
      const passkey = await signWithPasskey(fresh?.passkey_options ?? {});
      await api.POST('/auth/reauthenticate', { body: { ceremony_id: fresh?.ceremony_id, passkey } });
    });

  const complaint = asProblem(error).errors?.find(({ field }) => field === kind);
  const words = complaint && describeFieldProblem(t, complaint);
  return (
    <Dialog
      open
      onOpenChange={() => answerAll(false)}
      title={t('secondFactors.confirm.title')}
      description={t('secondFactors.confirm.detail')}
      className="max-w-md"
    >
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <DialogBody className="grid gap-4">
          {error !== null && !complaint && <ProblemNotice error={error} />}
          <Loaded query={choices} skeleton={<Skeleton className="h-16" />}>
            {({ methods, passkey_options }) => (
              <>
                {kind === 'password' ? (
                  <Field label={t('session.password')} error={words}>
                    <Input
                      // The dialog opened before it was known what to ask for, and took the focus itself.
                      autoFocus
                      type="password"
                      autoComplete="current-password"
                      value={typed}
                      onChange={(event) => setTyped(event.target.value)}
                    />
                  </Field>
                ) : (
                  <CodeField value={typed} onChange={setTyped} error={words} />
                )}
                <div className="flex flex-wrap gap-2">
                  {passkey_options && supportsPasskeys() && (
                    <Button size="sm" onClick={withPasskey}>
                      <KeyRound aria-hidden />
                      {t('secondFactors.usePasskey')}
                    </Button>
                  )}
                  {methods.includes('totp') && (
                    <Button
                      size="sm"
                      variant="ghost"
                      onClick={() => {
                        setKind(kind === 'password' ? 'code' : 'password');
                        setTyped('');
                        setError(null);
                      }}
                    >
                      {kind === 'password' ? t('secondFactors.useCode') : t('secondFactors.usePassword')}
                    </Button>
                  )}
                </div>
              </>
            )}
          </Loaded>
        </DialogBody>
        <DialogFooter>
          <Button onClick={() => answerAll(false)}>{t('common.cancel')}</Button>
          <Button type="submit" variant="primary" pending={pending} disabled={!typed && !pending}>
            {t('secondFactors.confirm.button')}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
