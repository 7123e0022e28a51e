/** The scale of an amount. */
const PLACES = 12;
const AMOUNT = /^\d+(\.\d*)?$/;

/** An amount of the API in its least unit, exactly; undefined for what is none, or less than nothing. */
export function inUnits(amount: string): bigint | undefined {
  if (!AMOUNT.test(amount)) return undefined;
  const [whole = '0', decimals = ''] = amount.split('.');
  return BigInt(whole + decimals.slice(0, PLACES).padEnd(PLACES, '0'));
}

export function fromUnits(units: bigint): string {
  const digits = units.toString().padStart(PLACES + 1, '0');
  return `${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`;
}

/**
 * The parts at the digits at which their total is shown, so that they add up to it: each is rounded down, and what is missing goes
 * to those that lost most. Undefined where they don't add up to the total to begin with.
 */
export function roundedParts(total: string, parts: readonly string[], digits: number): string[] | undefined {
  const whole = inUnits(total);
  const exact = parts.map(inUnits).filter((part) => part !== undefined);
  if (whole === undefined || exact.length < parts.length) return undefined;
  if (exact.reduce((sum, part) => sum + part, 0n) !== whole) return undefined;
  const step = 10n ** BigInt(PLACES - digits);
  const steps = exact.map((part) => part / step);
  const missing = (whole + step / 2n) / step - steps.reduce((sum, count) => sum + count, 0n);
  const lost = exact.map((part, index) => ({ index, rest: part % step }));
  lost.sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest < b.rest ? 1 : -1));
  for (const { index } of lost.slice(0, Number(missing))) steps[index] = (steps[index] ?? 0n) + 1n;
  return steps.map((count) => fromUnits(count * step));
}
