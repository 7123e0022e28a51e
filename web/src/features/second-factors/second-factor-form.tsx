import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Me, SignInChallenge } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';
import { signWithPasskey, supportsPasskeys } from '@/lib/webauthn';
import { CodeField } from './code-field';

type Method = 'passkey' | 'totp' | 'recovery_code';
type Proof = { code: string } | { recovery_code: string } | { passkey: Record<string, never> };

type SecondFactorFormProps = {
  challenge: SignInChallenge;
  onSignedIn: (me: Me) => Promise<void>;
  /** Back to the password, with the reason when the server gave one. */
  onOver: (reason: unknown) => void;
};

/** The second step of signing in. */
export function SecondFactorForm({ challenge, onSignedIn, onOver }: SecondFactorFormProps) {
  const { t } = useTranslation();
  const usable = usableMethods(challenge);
  const [method, setMethod] = useState<Method | undefined>(usable[0]);
  const [code, setCode] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const answer = async (proof: () => Promise<Proof>) => {
    setPending(true);
    setError(null);
    try {
      const answered = { challenge: challenge.challenge, ...(await proof()) };
      await onSignedIn(await body(api.POST('/auth/login/second-factor', { body: answered })));
    } catch (failure) {
      if (asProblem(failure).code === 'challenge_ended') return onOver(failure);
      setError(failure);
      setCode('');
      setPending(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (method === 'passkey')
      void answer(async () => ({ passkey: await signWithPasskey(challenge.passkey_options ?? {}) }));
    else if (code) void answer(async () => (method === 'totp' ? { code } : { recovery_code: code }));
  };
  const choose = (other: Method) => {
    setMethod(other);
    setCode('');
    setError(null);
  };

  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      {error !== null && <ProblemNotice error={error} />}
      <h2 className="font-semibold text-[15px]">{t('secondFactors.signIn.title')}</h2>
      {method === undefined && (
        <Notice tone="warning" title={t('secondFactors.signIn.nothing')}>
          {t('secondFactors.signIn.nothingDetail')}
        </Notice>
      )}
      {method === 'passkey' && <p className="text-muted text-sm">{t('secondFactors.signIn.passkey')}</p>}
      {(method === 'totp' || method === 'recovery_code') && (
        <CodeField key={method} value={code} onChange={setCode} recovery={method === 'recovery_code'} />
      )}
      {method && (
        <Button
          type="submit"
          variant="primary"
          pending={pending}
          disabled={method !== 'passkey' && !code && !pending}
          className="w-full"
        >
          {method === 'passkey' && <KeyRound aria-hidden />}
          {method === 'passkey' ? t('secondFactors.usePasskey') : t('session.signIn')}
        </Button>
      )}
      <div className="grid justify-items-center gap-2">
        {usable
          .filter((other) => other !== method)
          .map((other) => (
            <Button key={other} variant="link" size="inline" onClick={() => choose(other)}>
              {t(`secondFactors.signIn.other.${other}`)}
            </Button>
          ))}
        <Button variant="ghost" size="sm" onClick={() => onOver(null)}>
          {t('secondFactors.signIn.startAgain')}
        </Button>
      </div>
    </form>
  );
}

/** The easiest first. */
function usableMethods({ methods, passkey_options }: SignInChallenge): Method[] {
  const passkey = passkey_options != null && supportsPasskeys();
  return (['passkey', 'totp', 'recovery_code'] as const).filter(
    (method) => methods.includes(method) && (method !== 'passkey' || passkey),
  );
}
