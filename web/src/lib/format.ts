import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { roundedParts } from './decimal';

/** A decimal string from the API. Intl formats such strings exactly, where a number would round. */
type Decimal = string | null | undefined;

const NOTHING = '–';
const CENTS = 2;
/** Decimal places of what costs less than a euro; whoever wants more points at it. */
const PARTS_OF_A_CENT = 4;
const LEAST_SHOWN = 10 ** -PARTS_OF_A_CENT;
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

  const euros = (value: Decimal, digits: (value: string) => number, fixed = false) => {
    if (value === null || value === undefined) return NOTHING;
    const places = digits(value);
    const words = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency: 'EUR',
      minimumFractionDigits: fixed ? places : CENTS,
      maximumFractionDigits: places,
    });
    return words.format(value as Intl.StringNumericLiteral);
  };

  const money = (value: Decimal) => {
    const size = Math.abs(Number(value ?? 0));
    if (size === 0 || size >= LEAST_SHOWN) return euros(value, digitsBySize, true);
    const least = euros(`${Number(value) < 0 ? '-' : ''}${LEAST_SHOWN}`, () => PARTS_OF_A_CENT);
    return `${Number(value) < 0 ? '>' : '<'}\u00a0${least}`;
  };

  return {
    integer: (value: number) => integer.format(value),
    compact: (value: number) => compact.format(value),
    /** Euros to the cent, below one euro to a part of it. What costs something never reads as nothing: it is less than the least part. */
    money,
    /** Parts as they stand beside their total: at its digits, and adding up to it. What still costs something is less than the least. */
    moneyParts: (total: string, parts: readonly string[]) => {
      const digits = Number(total) === 0 ? CENTS : Number(total) < LEAST_SHOWN ? PARTS_OF_A_CENT : digitsBySize(total);
      const least = 10 ** -digits;
      const rounded = roundedParts(total, parts, digits);
      return parts.map((part, index) => {
        const shown = rounded?.[index];
        if (shown === undefined) return money(part);
        if (Number(shown) === 0 && Number(part) > 0) return `<\u00a0${euros(`${least}`, () => digits)}`;
        return euros(shown, () => (Number(shown) === 0 ? CENTS : digits), true);
      });
    },
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

/** Two for whole euros and for nothing, four below: amounts in one column differ in no other way. */
function digitsBySize(value: string): number {
  const size = Math.abs(Number(value));
  // What rounds up to a euro is one.
  return size === 0 || size >= 1 - LEAST_SHOWN / 2 ? CENTS : PARTS_OF_A_CENT;
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
