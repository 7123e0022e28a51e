import type { FieldError, UseFormRegisterReturn } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { Field, Input } from '@/components/ui/field';
import { atMostCharacters } from '@/lib/field-rules';

const LONGEST_NAME = 100;
const LONGEST_USERNAME = 64;

/** The rules of what the fields below hold, as parts of a form's schema. */
export const nameRules = {
  first_name: z.string().check(z.trim(), atMostCharacters(LONGEST_NAME)),
  last_name: z.string().check(z.trim(), atMostCharacters(LONGEST_NAME)),
};
export const usernameRule = z.string().check(z.trim(), z.minLength(2), z.maxLength(LONGEST_USERNAME));

type Registered<Name extends string> = {
  register: (name: Name) => UseFormRegisterReturn;
  errors: { [field in Name]?: FieldError };
  /** Whether the fields are about whoever fills them in, so that the browser may help. */
  own?: boolean;
};

/** First and last name, side by side where there is room. */
export function NameFields({ register, errors, own }: Registered<'first_name' | 'last_name'>) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={t('account.firstName')} error={errors.first_name?.message}>
        <Input autoComplete={own ? 'given-name' : 'off'} {...register('first_name')} />
      </Field>
      <Field label={t('account.lastName')} error={errors.last_name?.message}>
        <Input autoComplete={own ? 'family-name' : 'off'} {...register('last_name')} />
      </Field>
    </div>
  );
}

export function UsernameField({ register, errors, own }: Registered<'username'>) {
  const { t } = useTranslation();
  const problem = errors.username;
  return (
    <Field
      label={t('account.username')}
      error={problem && (problem.type === 'server' ? problem.message : t('problems.fieldCode.username'))}
    >
      <Input
        autoComplete={own ? 'username' : 'off'}
        autoCapitalize="none"
        spellCheck={false}
        {...register('username')}
      />
    </Field>
  );
}
