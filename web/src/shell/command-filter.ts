import { defaultFilter } from 'cmdk';
import { searchWords } from '@/lib/search-words';

/** How well an entry fits what is typed, as everywhere here whatever the blanks around it. */
export function commandFilter(entry: string, typed: string, keywords?: string[]): number {
  const words = searchWords(typed);
  return words === '' ? 1 : (defaultFilter(entry, words, keywords) ?? 0);
}
