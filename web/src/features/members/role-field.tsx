import { type ComponentProps, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { ChoiceCard } from '@/components/ui/choice-card';
import { type Role, roleLabel, roles } from '@/features/organizations/role';

type RoleFieldProps = Omit<ComponentProps<'fieldset'>, 'onChange'> & {
  value: Role;
  onChange: (role: Role) => void;
};

/**
 * All four roles with what they mean. Which of them somebody may give depends on both sides, and the server has the rule:
 * it refuses what is out of reach and the dialog says who can do it.
 */
export function RoleField({ value, onChange, ...rest }: RoleFieldProps) {
  const { t } = useTranslation();
  const name = useId();
  return (
    <fieldset className="grid gap-2" {...rest}>
      <legend className="mb-1.5 font-medium text-[13px]">{t('members.column.role')}</legend>
      {roles.map((role) => (
        <ChoiceCard
          key={role}
          name={name}
          title={roleLabel(t, role)}
          detail={t(`members.roleDetail.${role}`)}
          checked={value === role}
          onChange={() => onChange(role)}
        />
      ))}
    </fieldset>
  );
}
