import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

/** A decimal string from the API. Intl formats such strings exactly, where a number would round. */
type Decimal = string | null | undefined;

const NOTHING = '–';
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Format = ReturnType<typeof createFormat>;

/** Formatting in one locale. `now` is injected by tests. */
export function createFormat(locale: string, now: () => number = Date.now) {
  const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const money = new Intl.NumberFormat(locale, { style: 'currency', currency: 'EUR' });
  const smallMoney = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'EUR',
    minimumFractionDigits: 2,
    maximumFractionDigits: 6,
  });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'long' });

  const decimal = (value: Decimal, with_: Intl.NumberFormat) =>
    value === null || value === undefined ? NOTHING : with_.format(value as Intl.StringNumericLiteral);

  return {
    integer: (value: number) => integer.format(value),
    compact: (value: number) => compact.format(value),
    /** Euros to the cent. */
    money: (value: Decimal) => decimal(value, money),
    /** Euros with up to six decimals, for prices and charges below a cent. */
    exactMoney: (value: Decimal) => decimal(value, smallMoney),
    dateTime: (value: string | null | undefined) => (value ? dateTime.format(new Date(value)) : NOTHING),
    date: (value: string | null | undefined) => (value ? date.format(new Date(value)) : NOTHING),
    time: (value: string) => time.format(new Date(value)),
    /** A calendar day such as `2026-11-23`, which belongs to no time zone. */
    day: (value: string) => (Number.isNaN(Date.parse(value)) ? value : day.format(new Date(value))),
    /** "3 minutes ago". */
    ago: (value: string | null | undefined) => {
      if (!value) return NOTHING;
      const seconds = Math.round((Date.parse(value) - now()) / 1000);
      const distance = Math.abs(seconds);
      if (distance < MINUTE) return relative.format(seconds, 'second');
      if (distance < HOUR) return relative.format(Math.round(seconds / MINUTE), 'minute');
      if (distance < DAY) return relative.format(Math.round(seconds / HOUR), 'hour');
      return relative.format(Math.round(seconds / DAY), 'day');
    },
  };
}

/** Numbers, euros and times as the person's locale writes them. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  const language = i18n.language;
  // The browser's regional variant of the chosen language (en-GB rather than en) where there is one.
  return useMemo(
    () => createFormat(navigator.languages?.find((tag) => tag.split('-')[0] === language) ?? language),
    [language],
  );
}
