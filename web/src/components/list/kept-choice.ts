import { use, useState } from 'react';
import * as z from 'zod/mini';
import type { ColumnChoice } from './column';
import { Person } from './person';

const kept = z.record(z.string(), z.boolean());

function read(key: string | undefined): ColumnChoice {
  try {
    const text = key === undefined ? null : localStorage.getItem(key);
    return text === null ? {} : z.parse(kept, JSON.parse(text));
  } catch {
    // Blocked, or written by something else: as if nothing had been chosen.
    return {};
  }
}

function write(key: string | undefined, choice: ColumnChoice): void {
  if (key === undefined) return;
  try {
    if (Object.keys(choice).length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(choice));
  } catch {
    // Storage can be blocked; the choice then lasts as long as the page.
  }
}

/** The columns a person chose for a list, and how to choose others; kept in this browser for that person and list. */
export function useKeptChoice(list: string): [ColumnChoice, (choice: ColumnChoice) => void] {
  const person = use(Person);
  const key = person && `inventiv.columns.${person}.${list}`;
  const [choice, setChoice] = useState(() => read(key));
  const choose = (next: ColumnChoice) => {
    setChoice(next);
    write(key, next);
  };
  return [choice, choose];
}
