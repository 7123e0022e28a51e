import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Field, Input } from '@/components/ui/field';

type CodeFieldProps = { value: string; onChange: (code: string) => void; error?: string; recovery?: boolean };

/** Where a code is typed: six digits of an authenticator app, or a recovery code. */
export function CodeField({ value, onChange, error, recovery = false }: CodeFieldProps) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  // It stands where there is nothing else to do, and again after a wrong code, when the parent has emptied it.
  useEffect(() => {
    if (value === '') field.current?.focus();
  }, [value]);
  return (
    <Field
      label={recovery ? t('secondFactors.recoveryCode') : t('secondFactors.code')}
      hint={recovery ? t('secondFactors.recoveryCodeHint') : t('secondFactors.codeHint')}
      error={error}
    >
      <Input
        ref={field}
        inputMode={recovery ? 'text' : 'numeric'}
        autoComplete={recovery ? 'off' : 'one-time-code'}
        autoCapitalize="none"
        spellCheck={false}
        className="font-mono tracking-widest"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
