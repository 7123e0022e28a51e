import { useFormat } from '@/lib/format';

type MoneyProps = {
  /** A decimal string of the API; nothing is shown as a dash. */
  value: string | null | undefined;
  /** Prices are what somebody agrees to, so they are shown to their last digit. */
  price?: boolean;
  /** How it is written as a part beside its total; see `moneyParts`. */
  shown?: string;
  /** The words around the amount. */
  within?: (amount: string) => string;
};

/** Euros, as short as they can be without misleading and aligned in a column; pointing at them shows the exact amount. */
export function Money({ value, price, shown, within }: MoneyProps) {
  const format = useFormat();
  const amount = shown ?? (price ? format.price(value) : format.money(value));
  const words = within ? within(amount) : amount;
  if (value === null || value === undefined) return <>{words}</>;
  return (
    <span title={format.price(value)} className="whitespace-nowrap tabular-nums">
      {words}
    </span>
  );
}
