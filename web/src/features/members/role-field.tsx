import { type ComponentProps, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { ChoiceCard } from '@/components/ui/choice-card';
import { type Role, roleLabel, roles } from '@/features/organizations/role';
import { useMe } from '@/features/session/session';

type RoleFieldProps = Omit<ComponentProps<'fieldset'>, 'onChange'> & {
  value: Role;
  onChange: (role: Role) => void;
  /** What the server says this person may give; all roles as long as it hasn't. It decides all the same. */
  offered: readonly Role[] | undefined;
};

/** The roles that may be given, with what they mean, and why there are no others. */
export function RoleField({ value, onChange, offered, ...rest }: RoleFieldProps) {
  const { t } = useTranslation();
  const own = useMe().current_organization_role;
  const name = useId();
  const shown = roles.filter((role) => offered?.includes(role) ?? true);
  return (
    <fieldset className="grid gap-2" {...rest}>
      <legend className="mb-1.5 font-medium text-[13px]">{t('members.column.role')}</legend>
      {shown.map((role) => (
        <ChoiceCard
          key={role}
          name={name}
          title={roleLabel(t, role)}
          detail={t(`members.roleDetail.${role}`)}
          checked={value === role}
          onChange={() => onChange(role)}
        />
      ))}
      {own && shown.length < roles.length && (
        <p className="text-[13px] text-muted">{t('members.rolesMissing', { role: roleLabel(t, own) })}</p>
      )}
    </fieldset>
  );
}
