import { useTranslation } from 'react-i18next';
import { Money } from '@/components/money';
import { useFormat } from '@/lib/format';

/** What an amount is made of; the parts add up to the total that is shown beside them. */
export function CostParts({ total, instances, tokens }: { total: string; instances: string; tokens: string }) {
  const { t } = useTranslation();
  const [ofInstances, ofTokens] = useFormat().moneyParts(total, [instances, tokens]);
  return (
    <span className="flex flex-wrap gap-x-3">
      <Money value={instances} shown={ofInstances} within={(amount) => t('finops.ofInstances', { amount })} />
      <Money value={tokens} shown={ofTokens} within={(amount) => t('finops.ofTokens', { amount })} />
    </span>
  );
}
