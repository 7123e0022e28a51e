import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

/** A decimal string from the API. Intl formats such strings exactly, where a number would round. */
type Decimal = string | null | undefined;

const NOTHING = '–';
const CENTS = 2;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Format = ReturnType<typeof createFormat>;

/** Formatting in one locale. `now` is injected by tests. */
export function createFormat(locale: string, now: () => number = Date.now) {
  const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'long' });

  const euros = (value: Decimal, digits: (value: string) => number) => {
    if (value === null || value === undefined) return NOTHING;
    const style = { style: 'currency', currency: 'EUR', minimumFractionDigits: CENTS } as const;
    const words = new Intl.NumberFormat(locale, { ...style, maximumFractionDigits: digits(value) });
    return words.format(value as Intl.StringNumericLiteral);
  };

  return {
    integer: (value: number) => integer.format(value),
    compact: (value: number) => compact.format(value),
    /** Euros to the cent; below one euro with three digits that count, so that nothing that costs something reads as nothing. */
    money: (value: Decimal) => euros(value, digitsThatCount),
    /** Euros with all their digits, at least to the cent. */
    price: (value: Decimal) => euros(value, allDigits),
    dateTime: (value: string | null | undefined) => (value ? dateTime.format(new Date(value)) : NOTHING),
    date: (value: string | null | undefined) => (value ? date.format(new Date(value)) : NOTHING),
    /** The time of day to the second; the day before it when that isn't today. */
    momentOfDay: (value: string) => {
      const moment = new Date(value);
      const isToday = moment.toDateString() === new Date(now()).toDateString();
      return isToday ? time.format(moment) : `${date.format(moment)}, ${time.format(moment)}`;
    },
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

function allDigits(value: string): number {
  return Math.max(CENTS, decimalsOf(value).length);
}

function digitsThatCount(value: string): number {
  const hasWhole = /[1-9]/.test(value.split('.')[0] ?? '');
  const leadingZeros = decimalsOf(value).search(/[1-9]/);
  return hasWhole || leadingZeros < 0 ? CENTS : Math.max(CENTS, leadingZeros + 3);
}

function decimalsOf(value: string): string {
  return value.split('.')[1]?.replace(/0+$/, '') ?? '';
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
