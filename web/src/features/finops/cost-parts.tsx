import { useTranslation } from 'react-i18next';
import { Money } from '@/components/money';

/** What an amount is made of. */
export function CostParts({ instances, tokens }: { instances: string; tokens: string }) {
  const { t } = useTranslation();
  return (
    <span className="flex flex-wrap gap-x-3">
      <Money value={instances} within={(amount) => t('finops.ofInstances', { amount })} />
      <Money value={tokens} within={(amount) => t('finops.ofTokens', { amount })} />
    </span>
  );
}
